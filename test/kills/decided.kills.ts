/** Web, worker and agent on their own once more, killed over what is decided, saved and reported. */
import { rideThrough } from './tour.ts'

rideThrough('decided')
