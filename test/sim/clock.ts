/**
 * Virtual time: what is to happen, in order.
 *
 * Invariant: of two things due at one moment the one asked for first comes first, so that a seed
 * gives one history. Nothing waits for real.
 */

interface Due {
  readonly at: number
  readonly act: () => void
}

export class VirtualClock {
  now: number
  private readonly queue: Due[] = []

  constructor(now: number) {
    this.now = now
  }

  after(ms: number, act: () => void): void {
    const due = { at: this.now + Math.max(0, ms), act }
    let low = 0
    let high = this.queue.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.queue[middle]?.at ?? 0) <= due.at) low = middle + 1
      else high = middle
    }
    this.queue.splice(low, 0, due)
  }

  /** Lets everything happen that is due within `ms`. */
  pass(ms: number): void {
    const until = this.now + ms
    for (let next = this.queue[0]; next !== undefined && next.at <= until; next = this.queue[0]) {
      this.queue.shift()
      this.now = next.at
      next.act()
    }
    this.now = until
  }
}
