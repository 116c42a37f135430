/**
 * Slack and GitHub as they really stand: what people see there.
 *
 * Invariant: I-9 and I-10: one message per train, one reply per event, one deployment per key, as
 * long as the vendor tells truly what it has.
 */
import { must } from './broken.ts'

export interface Posted {
  readonly ts: string
  /** Of a train's announcement; null: a reply. */
  readonly train: number | null
  /** The first and the last event that a reply tells. */
  readonly tells: readonly [number, number] | null
  readonly thread: string | null
  shows: string
}

export class SlackTruth {
  readonly messages: Posted[] = []

  post(it: Omit<Posted, 'ts'>): string {
    const ts = `${1_000_000 + this.messages.length}.000100`
    if (it.train !== null) {
      const twin = this.messages.find(({ train }) => train === it.train)
      must(twin === undefined, 'I-9', () => `train #${it.train} has two announcements`)
    }
    const { tells } = it
    if (tells !== null) {
      const twin = this.messages.find(
        (one) =>
          one.tells !== null &&
          one.tells[0] <= tells[1] &&
          tells[0] <= one.tells[1] &&
          one.thread === it.thread,
      )
      must(twin === undefined, 'I-10', () => `event ${tells[0]} is told twice`)
      const later = this.messages.find(
        (one) => one.tells !== null && one.tells[0] > tells[1] && one.thread === it.thread,
      )
      must(later === undefined, 'I-28', () => `event ${tells[0]} is told after ${later?.tells}`)
    }
    this.messages.push({ ...it, ts })
    return ts
  }

  update(ts: string, shows: string): void {
    const found = this.messages.find((one) => one.ts === ts)
    if (found !== undefined) found.shows = shows
  }
}

export class GithubTruth {
  readonly deployments: { readonly key: string; state: string }[] = []

  make(key: string): number {
    const twin = this.deployments.find((one) => one.key === key)
    must(twin === undefined, 'I-10', () => `${key} is shown twice on GitHub`)
    this.deployments.push({ key, state: 'none' })
    return this.deployments.length - 1
  }

  tell(id: number, state: string): void {
    const found = this.deployments[id]
    if (found !== undefined) found.state = state
  }

  find(key: string): number | null {
    const at = this.deployments.findIndex((one) => one.key === key)
    return at < 0 ? null : at
  }
}
