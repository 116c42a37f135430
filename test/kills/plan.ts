/**
 * Every point at which a process is killed, and the rides that lead through them.
 *
 * Invariant: the one list. `markers.test.ts` holds it against the sources and the build; a ride
 * fails unless each of its points was reached and killed its process.
 */
import type { Shape } from './town.ts'

/** What has just been done, or is about to be, when the process dies there. */
export const POINTS = {
  'webhook.verified': 'a delivery is genuine; nothing is stored',
  'webhook.stored': 'it is stored, and not committed',
  'webhook.committed': 'it is committed; GitHub was not answered',
  'inbox.claimed': 'a worker has claimed deliveries',
  'inbox.recorded': 'all that a delivery says was recorded; it still counts as waiting',
  'reconcile.recorded': 'what webhooks missed was recorded; the mark was not moved',
  'slack.taken': 'a request of Slack is taken; nothing was done',
  'slack.done': 'it was done; Slack was not answered',
  'dispatch.loaded': 'the pipeline is loaded and locked',
  'dispatch.saved': 'what was decided is saved, and has no audit row',
  'dispatch.audited': 'it has its audit rows, and no effects',
  'dispatch.effects_put': 'everything is written, and not committed',
  'dispatch.committed': 'it is committed; nobody was told, not even who asked',
  'audit.row_written': 'an audit row is written, the head of its chain is not',
  'save.environment': 'an environment has its new epoch or release',
  'save.deployments': 'a deployment has its new status',
  'sweep.due_found': 'the sweep has found something due',
  'run.claiming': 'a run is about to be given to an agent',
  'run.held': 'it was given, and not committed',
  'run.claim_committed': 'the claim is committed; the agent does not know',
  'poll.looked': 'the answer to a poll is ready',
  'report.heard': 'a report of an agent was heard',
  'report.recorded': 'it is recorded; the agent was not answered',
  'log.appended': 'a piece of a log is written; the agent was not answered',
  'agent.ordered': 'the agent has an order, and wrote nothing down',
  'agent.claimed': 'the order is in its journal',
  'run.checked_out': 'the sha is checked out; the command was not started',
  'run.journalled': 'the journal says “starting”; nothing was started',
  'run.spawned': 'the command runs; the journal does not know its process',
  'run.attached': 'the command is followed',
  'run.log_drained': 'a part of its output was taken',
  'run.exit_seen': 'it has ended; its group was not looked at',
  'run.proven_dead': 'its group is gone; nothing of the end was written down',
  'run.end_journalled': 'the end is in the journal; nobody was told',
  'run.tidied': 'its checkout is removed',
  'run.end_told': 'the server has recorded the end; the journal does not say so',
  'run.signalled': 'its group was sent a signal',
  'agent.cancel_heard': 'the agent was told to cancel',
  'agent.idle': 'the agent was told to stop, and has nothing to do',
  'outbox.lane_held': 'a worker holds a lane',
  'outbox.attempt_begun': 'an attempt is noted; nothing was sent',
  'outbox.effect_sent': 'an effect has taken place; it still counts as waiting',
  'outbox.settled': 'it counts as delivered; the lane is still held',
  'announce.posted': 'a train’s message stands in Slack; where is not noted',
  'narrate.posted': 'an event is told in Slack; nothing is noted',
  'mirror.made': 'a deployment stands on GitHub; which is not noted',
  'mirror.told': 'its status stands on GitHub; nothing is noted',
  'migrate.locked': 'a migration is about to be applied',
  'migrate.applied': 'it is applied, and not committed',
  'migrate.committed': 'it is committed; the next one was not begun',
  'serve.home_locked': 'a server has its home, and nothing else',
  'serve.migrated': 'the schema is right; nothing listens',
  'serve.started': 'everything runs; nobody was told',
  'serve.stopping': 'a server was told to stop',
  'serve.quiet': 'everything of it has ended but its connections',
} as const

export type Point = keyof typeof POINTS

/** A point, or a point with what is under way there: `dispatch.saved approve`. */
export type Armed = Point | `${Point} ${string}`

export const pointOf = (armed: Armed): Point => armed.split(' ')[0] as Point

export interface Ride {
  /**
   * What is done: a merge that arrives, also after a hold; goes back; is cancelled under way; arrives
   * and then moves data.
   */
  readonly kind: 'forward' | 'hold' | 'roll_back' | 'cancel' | 'migrate'
  /** Who dies where; each once. */
  readonly kills: readonly Armed[]
  /** Who dies later: once the first of its steps bakes, or once its data may be moved. */
  readonly later?: readonly Armed[]
  /** Nobody can know how its first run ended: a person looks, and says so. */
  readonly unknown?: 'never ran' | 'ran'
}

const forward = (...kills: readonly Armed[]): Ride => ({ kind: 'forward', kills })

const APART: readonly Ride[] = [
  forward('webhook.verified', 'inbox.recorded hear', 'run.attached', 'outbox.effect_sent narrate'),
  forward('webhook.stored', 'dispatch.effects_put record_change', 'agent.ordered', 'mirror.made'),
  forward('webhook.committed', 'reconcile.recorded', 'agent.claimed', 'narrate.posted'),
  forward('inbox.claimed hear', 'dispatch.effects_put approve', 'run.checked_out', 'mirror.told'),
  forward('announce.posted', 'dispatch.committed approve', 'run.claiming', 'run.exit_seen'),
  forward('inbox.claimed ask', 'slack.taken', 'run.held', 'run.proven_dead'),
  forward('inbox.recorded ask', 'slack.done', 'run.claim_committed', 'run.end_journalled'),
  { ...forward('dispatch.loaded depart', 'run.journalled'), unknown: 'never ran' },
  { ...forward('dispatch.committed depart', 'run.spawned'), unknown: 'ran' },
  forward('outbox.lane_held', 'dispatch.saved consent', 'poll.looked', 'run.tidied'),
  forward('outbox.attempt_begun announce', 'dispatch.audited approve', 'run.end_told'),
]

/** The same, mostly over what is decided and reported: a town of its own, beside the other. */
const DECIDED: readonly Ride[] = [
  forward('outbox.settled narrate', 'audit.row_written', 'report.heard started', 'run.log_drained'),
  forward('dispatch.committed record_change', 'dispatch.saved claim_run', 'report.heard succeeded'),
  forward('dispatch.saved record_check', 'dispatch.committed claim_run', 'sweep.due_found'),
  forward('dispatch.saved approve', 'report.recorded started', 'dispatch.saved tick'),
  forward('dispatch.effects_put depart', 'report.recorded succeeded', 'outbox.effect_sent mirror'),
  forward('dispatch.effects_put record_run', 'log.appended', 'dispatch.committed tick'),
  forward('dispatch.committed record_run', 'save.deployments', 'outbox.effect_sent announce'),
  forward('dispatch.committed consent', 'save.environment', 'outbox.attempt_begun mirror'),
  { kind: 'hold', kills: ['dispatch.loaded hold', 'dispatch.committed withdraw'] },
  { kind: 'roll_back', kills: ['dispatch.effects_put roll_back', 'run.attached'] },
]

const LONE: readonly Ride[] = [
  forward('serve.home_locked', 'serve.stopping'),
  forward('serve.migrated', 'serve.quiet'),
  forward('serve.started', 'run.attached'),
  forward('webhook.stored', 'dispatch.committed approve', 'run.exit_seen', 'outbox.settled mirror'),
  forward('agent.idle', 'webhook.verified', 'run.claim_committed', 'outbox.effect_sent narrate'),
  { kind: 'roll_back', kills: ['dispatch.committed roll_back', 'outbox.effect_sent mirror'] },
]

const CANCELLED: readonly Ride[] = [
  {
    kind: 'cancel',
    kills: [
      'dispatch.committed cancel',
      'agent.cancel_heard',
      'run.signalled SIGTERM',
      'run.signalled SIGKILL',
    ],
  },
]

/** Between two steps of a rollout, and between and within two increments of a migration. */
const STEPPED: readonly Ride[] = [
  { ...forward('dispatch.committed record_run'), later: ['dispatch.saved tick', 'run.attached'] },
  { ...forward('run.end_told'), later: ['dispatch.committed tick', 'run.held', 'run.exit_seen'] },
  { ...forward(), later: ['run.claim_committed', 'report.heard succeeded', 'sweep.due_found'] },
  { ...forward(), later: ['dispatch.effects_put tick', 'agent.claimed', 'save.deployments'] },
  { kind: 'migrate', kills: [], later: ['dispatch.committed run_migration', 'run.exit_seen'] },
  { kind: 'migrate', kills: [], later: ['run.held', 'dispatch.saved record_run', 'run.attached'] },
  { kind: 'migrate', kills: [], later: ['agent.claimed', 'report.recorded succeeded'] },
  { kind: 'migrate', kills: [], later: ['run.claim_committed', 'run.end_journalled'] },
  { kind: 'migrate', kills: [], later: ['dispatch.committed record_run', 'run.tidied'] },
  { kind: 'roll_back', kills: ['dispatch.committed roll_back', 'run.attached'] },
]

/** Before the first ride: a database without a schema. */
export const MIGRATIONS: readonly Armed[] = [
  'migrate.locked 0001_the_line.sql',
  'migrate.applied 0003_slack.sql',
  'migrate.committed 0004_github.sql',
]

export interface Tour {
  readonly shape: Shape
  /** It goes in steps, and moves data. */
  readonly stepped?: boolean
  readonly rides: readonly Ride[]
}

export const TOURS = {
  apart: { shape: 'apart', rides: APART },
  decided: { shape: 'apart', rides: DECIDED },
  lone: { shape: 'lone', rides: LONE },
  cancelled: { shape: 'apart', rides: CANCELLED },
  stepped: { shape: 'apart', stepped: true, rides: STEPPED },
} as const satisfies Readonly<Record<string, Tour>>
