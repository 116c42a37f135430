/** Web, worker and agent as processes of their own, killed at every point that a ride leads through. */
import { rideThrough } from './tour.ts'

rideThrough('apart')
