/**
 * What the watchdogs say: each concern, found by the core in a story that leads there.
 *
 * Invariant: exhaustive over the kinds; a story in which the core finds no concern is a fault.
 */
import { CONCERNS, type ConcernKind, type History } from '../../core/watch/concern.ts'
import { concernsOf } from '../../core/watch.ts'
import { concernNote, concernToOne, isReached } from '../../slack/views/concern.ts'
import { twoStage } from './cast.ts'
import { silentIncrement, waitingIncrement } from './migrations.ts'
import { direct, inThread, type Picture } from './picture.ts'
import { links, Ride, START } from './ride.ts'
import { states } from './states.ts'

const HOUR_MS = 3_600_000

const NOTHING: History = {
  spoke: new Map(),
  usual: new Map(),
  seen: new Map(),
  senders: new Map([[41, 'ana']]),
  failures: [],
}

interface Story {
  readonly name: string
  readonly ride: Ride | undefined
  readonly history?: Partial<History>
}

function stories(): Readonly<Record<ConcernKind, readonly Story[]>> {
  const all = states()
  const after = (state: string, ms: number): Ride | undefined => all[state]?.pass(ms)
  const checked = twoStage({ checks: { require: ['test'], timeoutMs: HOUR_MS, settleMs: 0 } })
  const { watch } = twoStage()
  const eager = twoStage({ watch: { ...watch, noDeployMs: 12 * HOUR_MS } })
  const lock = { type: 'lock', id: 'l1', environment: 'production', forMs: null } as const
  const locked = new Ride().mergeThree()
  locked.act('bob', { ...lock, reason: 'migration under way', takeOver: false })
  const failed = all['failed']
  const failures = [1, 2, 3].map((attempt) => ({
    environment: 'production',
    run: `api-41-production-forward-${attempt}`,
    at: (failed?.now ?? 0) - attempt * HOUR_MS,
  }))
  const waiting: readonly (readonly [string, string])[] = [
    ['for an approval', 'waiting for approval'],
    ['for authors', 'waiting for consent'],
    ['for whoever holds it', 'held'],
    ['after a failure', 'failed above a release'],
  ]
  return {
    not_started: [
      { name: 'never heard of', ride: after('waiting for its agent', 180_000) },
      {
        name: 'agent is gone',
        ride: all['waiting for its agent'],
        history: { seen: new Map([['embedded', START - HOUR_MS]]) },
      },
      { name: 'increment', ride: waitingIncrement() },
    ],
    silent: [
      { name: 'run', ride: after('deploying', 600_000) },
      { name: 'increment', ride: silentIncrement() },
    ],
    slower: [{ name: 'run', ride: after('longer than usual', 60_000) }],
    checks: [
      {
        name: 'pending',
        ride: new Ride(checked)
          .mergeThree()
          .depart()
          .pass(HOUR_MS / 2),
      },
    ],
    waiting: waiting.map(([name, state]) => ({ name, ride: after(state, 5 * HOUR_MS) })),
    lock: [{ name: 'forgotten', ride: locked.pass(9 * HOUR_MS) }],
    no_deploy: [{ name: 'half a day', ride: new Ride(eager).mergeThree().pass(13 * HOUR_MS) }],
    failures: [{ name: 'three in a row', ride: failed, history: { failures } }],
  }
}

export function concerns(): readonly Picture[] {
  const told = stories()
  return CONCERNS.flatMap((kind) => told[kind].flatMap((story) => pictures(kind, story)))
}

function pictures(kind: ConcernKind, { name, ride, history }: Story): readonly Picture[] {
  if (ride === undefined) throw new Error(`no story of ${kind}: ${name}`)
  const { pipeline, now } = ride
  const found = concernsOf(pipeline, { ...NOTHING, ...history }, now).filter(
    (one) => one.kind === kind,
  )
  if (found.length === 0) throw new Error(`no concern in ${kind}: ${name}`)
  const logOf = (run: string): string => `${links.url}/logs/${run}`
  return found.flatMap((concern, index) => {
    const title = `concern: ${kind} ${name}${index === 0 ? '' : ` ${index + 1}`}`
    const concerned = { pipeline, concern, now, logOf }
    const all = inThread(title, concernNote(concerned))
    if (concern.to.at !== 'direct') return [all]
    const isForAll = concern.to.people.some((person) => !isReached(pipeline, person))
    const inPerson = direct(title, concernToOne(concerned))
    return isForAll ? [inPerson, { ...all, name: `${title}, out of reach` }] : [inPerson]
  })
}
