/**
 * Moments and durations as people read them.
 *
 * Invariant: a moment is shown in its reader's own time zone, and its fallback names UTC.
 */
import { durationText } from '../../core/duration.ts'
import type { Mrkdwn } from './mrkdwn.ts'

const date = (ms: number, format: string, fallback: string): Mrkdwn => ({
  mrkdwn: `<!date^${Math.floor(ms / 1000)}^${format}|${fallback} UTC>`,
})

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const time = (ms: number): string => new Date(ms).toISOString().slice(11, 16)

/** `today at 10:15`, `Nov 3 at 10:15`. */
export const moment = (ms: number): Mrkdwn =>
  date(ms, '{date_short_pretty} at {time}', `${day(ms)} ${time(ms)}`)

/** `10:15`, for what is never far away. */
export const clock = (ms: number): Mrkdwn => date(ms, '{time}', time(ms))

/** `10:15:30`, for what is about to happen. */
export const exactly = (ms: number): Mrkdwn =>
  date(ms, '{time_secs}', new Date(ms).toISOString().slice(11, 19))

/** `10:15, 3 minutes ago`, counted on by Slack itself. */
export const running = (ms: number): Mrkdwn => date(ms, '{time}, {ago}', time(ms))

/** `10:15` where nobody can mistake the day, else with the day. */
export const since = (ms: number, now: number): Mrkdwn =>
  now - ms < 12 * 3_600_000 ? clock(ms) : moment(ms)

/** Two units are enough to judge by: `45s`, `3m40s`, `2h10m`, `3d4h`. */
export function span(ms: number): string {
  const units = durationText(Math.max(0, Math.round(ms / 1000) * 1000)).match(/\d+[dhms]/g) ?? []
  return units.slice(0, 2).join('')
}

/** `2h10m ago`; the first minute is `just now`. */
export const ago = (then: number, now: number): string =>
  now - then < 60_000 ? 'just now' : `${span(now - then)} ago`
