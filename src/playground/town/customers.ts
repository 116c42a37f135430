/**
 * The town's customers: fifty a second, who pay at whichever till they are sent to.
 *
 * Invariant: real sales over HTTP, shared out as the deploy script says; once a second each till is
 * asked for its own counters. Where no till was opened nobody comes.
 */
import { type Counters, createSales, type Sales } from './sales.ts'
import { type Share, sharesOf, tillAt } from './tills.ts'

export interface Customers {
  readonly sales: Sales
  readonly come: () => void
  readonly leave: () => void
}

const STEP_MS = 100
const AT_ONCE = 5
const LOOK_MS = 1_000
const PATIENCE_MS = 1_000
/** Spreads them evenly over any hundred in a row. */
const STRIDE = 37

export function createCustomers({
  sites,
  now,
}: {
  readonly sites: string
  /** Milliseconds since the epoch, in the town. */
  readonly now: () => number
}): Customers {
  const sales = createSales()
  const timers: NodeJS.Timeout[] = []
  let number = 0
  const pay = (): void => {
    const shares = sharesOf(sites)
    if (shares.length === 0) return
    for (let one = 0; one < AT_ONCE; one++) {
      number++
      const release = sentTo(shares, number)
      const till = release === null ? null : tillAt(sites, release)
      if (till !== null) void ask(`${till}/sale/${number}`)
    }
  }
  const look = async (release: string): Promise<void> => {
    const till = tillAt(sites, release)
    const text = till === null ? null : await ask(`${till}/metrics`)
    if (text !== null) sales.note(release, { at: now(), counters: countersIn(text) })
  }
  return {
    sales,
    come: () => {
      timers.push(
        setInterval(pay, STEP_MS),
        setInterval(() => {
          for (const { release } of sharesOf(sites)) void look(release)
        }, LOOK_MS),
      )
    },
    leave: () => {
      for (const timer of timers.splice(0)) clearInterval(timer)
    },
  }
}

/** The release whose till a customer is sent to; null: no till is for him or her. */
export function sentTo(shares: readonly Share[], customer: number): string | null {
  let lot = (customer * STRIDE) % 100
  for (const { release, percent } of shares) {
    if (lot < percent) return release
    lot -= percent
  }
  return null
}

/** Null: it did not answer. */
async function ask(url: string): Promise<string | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
    return await answer.text()
  } catch {
    return null
  }
}

const countersIn = (text: string): Counters =>
  new Map(
    [...text.matchAll(/^(\w+)\{[^}]*\} (\d+)$/gm)].map(([, name = '', value]) => [
      name,
      Number(value),
    ]),
  )
