/** The agent is killed again and again while it ends a deploy that does not want to end. */
import { rideThrough } from './tour.ts'

rideThrough('cancelled')
