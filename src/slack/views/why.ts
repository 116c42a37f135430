/**
 * Why nothing moves: every gate of every train, since when, and who clears it how.
 *
 * Invariant: the gate's own answer, whole: nothing waits for a reason that is not here.
 */
import { reasons } from '../../core/gate.ts'
import { deploymentsOf, nextEnvironment, unfinished } from '../../core/line.ts'
import { answerable } from '../../core/migrations.ts'
import type { Deployment, Pipeline } from '../../core/model.ts'
import { suspectsIn } from '../../core/suspects.ts'
import type { Concern } from '../../core/watch/concern.ts'
import type { Message } from '../scene.ts'
import { clip, type Mrkdwn, md } from '../words/mrkdwn.ts'
import { called, changeName } from '../words/names.ts'
import { ago } from '../words/time.ts'
import { fitting, header, MESSAGE_MAX, message, sections } from './blocks.ts'
import { clearedBy } from './cleared-by.ts'
import { concernLines } from './concern.ts'
import { waitLines } from './migration-card.ts'
import { prognosis } from './prognosis.ts'
import { evidenceOf } from './suspects.ts'
import { trainLine } from './train-line.ts'
import { clearsAt } from './windows.ts'

export function why(pipeline: Pipeline, now: number, concerns: readonly Concern[] = []): Message {
  const trains = unfinished(pipeline)
  const lines = trains.flatMap((train) => {
    const found = reasons(pipeline, train, now)
    const where = nextEnvironment(pipeline, train) === undefined ? 'in' : 'before'
    return [
      trainLine(pipeline, train, now),
      ...(train.sha === null ? prognosis(pipeline, train, now) : []),
      ...found.map(
        (one): Mrkdwn =>
          md`    • ${one.gate} ${where} ${one.environment}: ${clip(one.message, 250)} (${ago(one.since, now)}${clearsAt(one)}) → ${clearedBy(one)}`,
      ),
      ...deploymentsOf(pipeline, train).flatMap((one) => suspected(pipeline, one)),
    ]
  })
  const text =
    trains.length === 0
      ? md`Nothing waits in ${pipeline.name}.`
      : md`Why ${pipeline.name} waits: ${trains.length === 1 ? 'one train' : `${trains.length} trains`} on the line`
  const moving = answerable(pipeline).flatMap((one) => waitLines(pipeline, one, now))
  const all = [...(lines.length === 0 ? [text] : lines), ...moving, ...concernLines(concerns, now)]
  const { shown, left } = fitting(all, MESSAGE_MAX - 600)
  const more = left === 0 ? [] : [md`+ ${left} more reasons`]
  return message(text, [header(`Why ${pipeline.name} waits`), ...sections([...shown, ...more])])
}

const SUSPECTS_MAX = 5

/** Whose change may be what is wrong with a deployment. */
function suspected(pipeline: Pipeline, deployment: Deployment): readonly Mrkdwn[] {
  const found = suspectsIn(pipeline, deployment)
  const left = found.length - SUSPECTS_MAX
  return [
    ...found
      .slice(0, SUSPECTS_MAX)
      .map(
        ({ change, evidence }) =>
          md`    🔎 look first at ${changeName(change)} of ${called(pipeline, change.author)}: ${evidenceOf(evidence)}`,
      ),
    ...(left > 0 ? [md`    🔎 + ${left} more`] : []),
  ]
}
