/**
 * A migration in each state it can be in, from a story that really leads there.
 *
 * Invariant: the core itself brought it where it stands; nothing is painted.
 */
import type { Command } from '../../core/command.ts'
import { previewRollback } from '../../core/preview-rollback.ts'
import { announcement } from '../../slack/views/announcement.ts'
import { migrationCard, migrationWord } from '../../slack/views/migration-card.ts'
import { migrationList } from '../../slack/views/migration-list.ts'
import { narrate } from '../../slack/views/narration.ts'
import { rollbackPreview } from '../../slack/views/rollback-preview.ts'
import { status } from '../../slack/views/status.ts'
import { why } from '../../slack/views/why.ts'
import { migrating, sha } from './cast.ts'
import { direct, ephemeral, inChannel, inThread, type Picture } from './picture.ts'
import { NAME } from './refusals.ts'
import { Ride } from './ride.ts'

const HOUR = 3_600_000

const PLACE = 'production'

const RUN: Command = { type: 'run_migration', change: '#12', environment: PLACE }

/** The next run of it in production begins. */
function started(one: Ride) {
  const its = one.pipeline.migrations.find(({ environment }) => environment === PLACE)?.run
  if (its == null) throw new Error('no increment was ordered')
  const { run, epoch } = its
  one.act('signalbox', { type: 'claim_run', run })
  const report = { type: 'record_run', run, epoch } as const
  one.act('signalbox', { ...report, status: 'running', reason: null, tail: [] })
  return report
}

/** The next run of it in production ends. */
function told(
  one: Ride,
  says: readonly string[],
  outcome: 'succeeded' | 'failed' | 'unknown' = 'succeeded',
): Ride {
  const report = started(one)
  one.pass(4_000)
  const reason = outcome === 'succeeded' ? 'exit status 0' : `exit status 3, ${NAME}`
  one.act('signalbox', { ...report, status: outcome, reason, tail: says })
  return one
}

const live = (): Ride =>
  new Ride(migrating())
    .merge('z', { number: 9, title: 'First', author: 'bob' })
    .arrive()
    .pass(600_000)
    .merge('a', { number: 12, title: NAME, author: 'ana', parent: sha('z'), migrates: true })
    .arrive()

const ready = (): Ride => live().pass(HOUR + 600_000)

function begun(): Ride {
  const one = ready()
  one.act('ana', RUN)
  return one
}

/** No agent takes its first increment. */
export const waitingIncrement = (): Ride => begun().pass(180_000)

/** Its first increment has begun, and says nothing. */
export function silentIncrement(): Ride {
  const one = begun()
  started(one)
  return one.pass(600_000)
}

const running = (): Ride =>
  told(told(begun(), ['signalbox: 1000/50000 a']).pass(20_000), ['signalbox: 12000/50000 b'])

function locked(): Ride {
  const one = running()
  const lock = { id: 'l', environment: PLACE, reason: NAME, forMs: null, takeOver: false }
  one.act('dee', { type: 'lock', ...lock })
  return one.pass(60_000)
}

function paused(): Ride {
  const one = running()
  one.act('bob', { type: 'pause_migration', change: '#12', environment: PLACE, reason: NAME })
  return one
}

const failed = (): Ride =>
  told(running().pass(20_000), ['moving rows', 'ERROR: deadlock detected'], 'failed')

const unknown = (): Ride => told(running().pass(20_000), [], 'unknown')

const verifying = (): Ride => told(running().pass(20_000), ['signalbox: done'])

const verified = (): Ride => told(verifying(), [])

const waitingContract = (): Ride =>
  paused()
    .merge('b', {
      number: 15,
      title: 'Drop the old',
      author: 'bob',
      parent: sha('a'),
      contracts: true,
    })
    .depart()

function stories(): Readonly<Record<string, Ride>> {
  return {
    waiting: live(),
    ready: ready(),
    begun: begun(),
    running: running(),
    locked: locked(),
    paused: paused(),
    failed: failed(),
    unknown: unknown(),
    verifying: verifying(),
    verified: verified(),
    'contract waits': waitingContract(),
  }
}

export function migrations(): readonly Picture[] {
  return Object.entries(stories()).flatMap(([name, ride]) => {
    const { pipeline, now } = ride
    const seen = {
      pipeline,
      change: sha('a'),
      now,
      repository: 'https://github.com/acme/api',
      logOf: (run: string) => `https://signalbox.example/log/${run}`,
      issue: name === 'verified' ? 'https://github.com/acme/api/issues/99' : null,
    }
    const word = migrationWord(seen, PLACE)
    const scene = ride.scene(42)
    const lines = ride.told
      .filter(({ event }) => event.type.startsWith('migration_'))
      .flatMap((told) => narrate(told, scene, pipeline) ?? [])
    const place = pipeline.environments.find((one) => one.name === PLACE)
    const back = place && previewRollback(pipeline, place, null)
    return [
      inThread(`migration: ${name}`, migrationCard(seen)),
      ...(word === null ? [] : [direct(`migration word: ${name}`, word)]),
      ephemeral(`migration list: ${name}`, migrationList(pipeline, { change: null, now })),
      ephemeral(`migration status: ${name}`, status(pipeline, now)),
      ephemeral(`migration why: ${name}`, why(pipeline, now)),
      ...lines.map((message, index) => inThread(`migration thread: ${name} ${index + 1}`, message)),
      ...(name === 'contract waits'
        ? [inChannel('announcement: contract waits', announcement(ride.scene(43)))]
        : []),
      ...(back?.ok && back.preview.migrations.length > 0
        ? [
            ephemeral(
              `migration back: ${name}`,
              rollbackPreview(back.preview, pipeline, { now, reason: null }),
            ),
          ]
        : []),
    ]
  })
}
