/** Stories about migrations, told with the core alone. */
import type { Command } from '../../src/core/command.ts'
import { type Migration, phaseOf } from '../../src/core/migration.ts'
import { waitsOf } from '../../src/core/migration-way.ts'
import type { Change } from '../../src/core/model.ts'
import type { MigrationsPolicy, Policy } from '../../src/core/policy.ts'
import { change, doors, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

export const HOUR = 3_600_000

const command = (run: string) => ({ run, in: null, timeoutMs: 600_000, silenceTimeoutMs: null })

export const migrationsPolicy = (over: Partial<MigrationsPolicy> = {}): MigrationsPolicy => ({
  carried: { labels: ['migration'], paths: [] },
  run: command('./migrate.sh'),
  verify: command('./migrated.sh'),
  afterMs: HOUR,
  start: 'by_hand',
  batch: { size: 100, everyMs: 10_000 },
  contract: { labels: ['contract'], paths: [] },
  remindMs: 24 * HOUR,
  ...over,
})

export class MigrationStory extends LineStory {
  constructor(over: Partial<Policy> = {}, its: Partial<MigrationsPolicy> = {}) {
    super(
      policy({
        environments: [environment('production')],
        migrations: migrationsPolicy(its),
        doors: doors({ departAfterMs: null }),
        ...over,
      }),
    )
  }

  private last: string | null = null

  /** The next change on the branch. */
  ship(name: string, over: Partial<Change> = {}): void {
    this.hear(name, over)
    if (this.pipeline.trains.some(({ status }) => status === 'boarding')) this.leave()
    this.run('production', 'succeeded')
  }

  hear(name: string, over: Partial<Change> = {}): void {
    this.now += 20_000
    this.merge(
      change(name, { number: Number(name.replace(/\D/g, '')), parent: this.last, ...over }),
    )
    this.last = sha(name)
    this.now += 20_000
    this.act('signalbox', { type: 'tick' })
  }

  private leave(): void {
    const train = this.pipeline.trains.find(({ status }) => status === 'boarding')
    if (train !== undefined && this.aboard(train.number).length > 0) this.depart()
  }

  /** With #1 live, ships #2, which carries one, and waits until it is ready. */
  ready(): this {
    this.ship('c1')
    this.ship('c2', { migrates: true, alone: true })
    this.pass(HOUR)
    return this
  }

  /** Runs it: the story's agent answers each increment with the next of these words. */
  begin(): this {
    this.act('ana', RUN)
    return this
  }

  migration(environment = 'production', name = 'c2'): Migration {
    const found = this.pipeline.migrations.find(
      (one) => one.environment === environment && one.change === sha(name),
    )
    if (found === undefined) throw new Error(`no migration of ${name} stands in ${environment}`)
    return found
  }

  phase(environment = 'production', name = 'c2'): string {
    return phaseOf(this.migration(environment, name))
  }

  waits(environment = 'production', name = 'c2'): readonly string[] {
    return waitsOf(this.pipeline, this.migration(environment, name), this.now).map(
      ({ gate }) => gate,
    )
  }

  /** The agent takes what waits. */
  claim(environment = 'production'): string {
    const { run } = this.migration(environment)
    if (run === null) throw new Error(`no run of it waits in ${environment}`)
    this.act('signalbox', { type: 'claim_run', run: run.run })
    return run.run
  }

  /** The agent takes what waits and says how it ended. */
  increment(
    says: string | null,
    status: 'succeeded' | 'failed' | 'aborted' | 'unknown' = 'succeeded',
    environment = 'production',
  ): readonly string[] {
    const its = this.migration(environment).run
    if (its === null) throw new Error(`no run of it waits in ${environment}`)
    if (!its.claimed) this.claim(environment)
    return this.tell(its, says, status)
  }

  tell(
    { run, epoch }: { readonly run: string; readonly epoch: number },
    says: string | null,
    status: 'succeeded' | 'failed' | 'aborted' | 'unknown' = 'succeeded',
  ): readonly string[] {
    const tail = says === null ? [] : ['moving rows', says]
    const reason = status === 'succeeded' ? 'exit status 0' : `it ${status}`
    return this.act('signalbox', { type: 'record_run', run, epoch, status, reason, tail })
  }

  backTo(name: string, more: Partial<Extract<Command, { type: 'roll_back' }>> = {}): void {
    this.act('ana', {
      type: 'roll_back',
      environment: 'production',
      to: sha(name),
      reason: 'prices are wrong',
      takeOver: false,
      settle: false,
      abort: false,
      ...more,
    })
  }
}

export const RUN: Command = { type: 'run_migration', change: '#2', environment: null }

export const PAUSE: Command = {
  type: 'pause_migration',
  change: '#2',
  environment: null,
  reason: 'the database is slow',
}

export const RESUME: Command = {
  type: 'resume_migration',
  change: '#2',
  environment: null,
  reason: null,
}
