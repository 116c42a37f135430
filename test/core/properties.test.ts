/**
 * Properties of the line, against a town that keeps its own books (`town.ts`): random merges,
 * webhooks late, repeated and out of order, people who change their minds, agents that fail.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Town } from './town.ts'
import { ACTS, cooperate, POLICIES, step } from './town-days.ts'

const history = fc.array(
  fc.record({ act: fc.constantFrom(...ACTS), n: fc.nat(50), m: fc.nat(50) }),
  { minLength: 20, maxLength: 120 },
)

/** The same histories at every push; `SIGNALBOX_SEED` and `SIGNALBOX_HISTORIES` roll others. */
const RUNS = Number(process.env['SIGNALBOX_HISTORIES'] ?? 100)
const SEED = Number(process.env['SIGNALBOX_SEED'] ?? 1)

test.each(POLICIES.map((its, index) => [index, its] as const))(
  'whatever people, agents and webhooks do, the books agree; and once all cooperate, all arrives (%#)',
  (_, its) => {
    fc.assert(
      fc.property(history, (steps) => {
        const town = new Town(its)
        for (const one of steps) step(town, one)
        cooperate(town)
        expect(town.real.get(town.last)).toBe(town.branch.length - 1)
      }),
      { numRuns: RUNS, seed: SEED },
    )
  },
)
