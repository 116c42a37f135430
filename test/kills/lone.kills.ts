/** One server with its embedded agent, killed on the way, while it starts and while it stops. */
import { rideThrough } from './tour.ts'

rideThrough('lone')
