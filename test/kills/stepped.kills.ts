/** Rollouts in steps and migrations, whose processes are killed between and within their runs. */
import { rideThrough } from './tour.ts'

rideThrough('stepped')
