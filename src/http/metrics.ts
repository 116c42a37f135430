/**
 * What a process tells Prometheus.
 *
 * Invariant: the state of the lines is read when it is asked for, so every process says the same;
 * a database that is away costs those numbers, never the answer.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { CONCERNS } from '../core/watch/concern.ts'
import { type Gauged, readGauges } from '../db/diagnosis.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { inTime } from './in-time.ts'

export interface Metrics {
  readonly text: () => Promise<string>
  readonly requested: (method: string, status: number) => void
  /** What the last look at the invariants found. */
  readonly brokenInvariants: (count: number) => void
}

/** Less than a scrape may take. */
const READ_MS_MAX = 5_000

export function createMetrics(pool: Pool): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'signalbox_http_requests_total',
    help: 'Requests answered, by method and status.',
    labelNames: ['method', 'status'],
    registers,
  })
  const broken = new Gauge({
    name: 'signalbox_broken_invariants',
    help: 'Broken invariants, as the last look found them; anything but 0 needs a person.',
    registers,
  })
  const tellLines = lineGauges(registry)
  let reading: Promise<Gauged | null> | null = null
  return {
    requested: (method, status) => requests.inc({ method, status }),
    brokenInvariants: (count) => broken.set(count),
    text: async () => {
      reading ??= inTransaction(pool, readGauges)
        .catch(() => null)
        .finally(() => {
          reading = null
        })
      const read = await inTime(reading, READ_MS_MAX, 'no answer').catch(() => null)
      if (read !== null) tellLines(read)
      return registry.metrics()
    },
  }
}

function lineGauges(registry: Registry): (read: Gauged) => void {
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const waiting = gauge('signalbox_trains_waiting', 'Unfinished trains of all pipelines.')
  const oldest = gauge(
    'signalbox_oldest_train_seconds',
    'Age of the oldest unfinished train; 0 when there is none.',
  )
  const policies = gauge(
    'signalbox_policies_waiting',
    'Pipelines whose configuration file waits for what is under way.',
  )
  const outbox = gauge(
    'signalbox_outbox_waiting',
    'Messages to Slack and GitHub that are due and not delivered.',
  )
  const outboxAge = gauge(
    'signalbox_outbox_oldest_seconds',
    'How long the oldest of them is due; 0 when there is none.',
  )
  const inbox = gauge('signalbox_inbox_waiting', 'Deliveries of GitHub that are not taken in yet.')
  const inboxAge = gauge(
    'signalbox_inbox_oldest_seconds',
    'How long the oldest of them waits; 0 when there is none.',
  )
  const deployments = gauge('signalbox_deployments', 'Deployments by status.', ['status'])
  const stands = gauge(
    'signalbox_line_stopped_seconds',
    'For how long the line is stopped now; 0 when it runs.',
    ['pipeline'],
  )
  const stops = gauge('signalbox_line_stops', 'How often the line went on after a stop.', [
    'pipeline',
  ])
  const stood = gauge(
    'signalbox_line_stood_seconds',
    'For how long the line stood before it went on, in all.',
    ['pipeline'],
  )
  const concerns = gauge(
    'signalbox_concerns',
    'What stands that people were told of, by what it is and pipeline (none: everywhere).',
    ['pipeline', 'kind'],
  )
  return (read) => {
    concerns.reset()
    for (const { pipeline, kind, count } of read.concerns) concerns.set({ pipeline, kind }, count)
    for (const { pipeline } of read.stops) {
      for (const kind of CONCERNS) concerns.inc({ pipeline, kind }, 0)
    }
    for (const { pipeline, ...of } of read.stops) {
      stands.set({ pipeline }, of.standsSeconds)
      stops.set({ pipeline }, of.stops)
      stood.set({ pipeline }, of.stoodSeconds)
    }
    waiting.set(read.trainsWaiting)
    oldest.set(read.oldestWaitingSeconds)
    policies.set(read.policiesWaiting)
    outbox.set(read.outboxWaiting)
    outboxAge.set(read.outboxOldestSeconds)
    inbox.set(read.inboxWaiting)
    inboxAge.set(read.inboxOldestSeconds)
    deployments.reset()
    for (const { status, count } of read.deployments) deployments.set({ status }, count)
  }
}
