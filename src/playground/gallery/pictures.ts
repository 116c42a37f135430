/**
 * Everything that people see in Slack, each from a story that really leads there.
 *
 * Invariant: what looks the same is shown once. To be looked at, and to be walked by tests.
 */
import type { Narration } from '../../slack/scene.ts'
import { announcement } from '../../slack/views/announcement.ts'
import { answered } from '../../slack/views/answered.ts'
import { board } from '../../slack/views/board.ts'
import { catchUp } from '../../slack/views/catch-up.ts'
import { history } from '../../slack/views/history.ts'
import { home } from '../../slack/views/home.ts'
import { lockList } from '../../slack/views/lock-list.ts'
import { lockQuestion } from '../../slack/views/lock-question.ts'
import { narrate } from '../../slack/views/narration.ts'
import { reminder } from '../../slack/views/reminder.ts'
import { runLog } from '../../slack/views/run-log.ts'
import { status } from '../../slack/views/status.ts'
import { endedStopNote } from '../../slack/views/stop-note.ts'
import { warning } from '../../slack/views/warning.ts'
import { why } from '../../slack/views/why.ts'
import { actor } from './cast.ts'
import { concerns } from './concerns.ts'
import { links } from './links.ts'
import { migrations } from './migrations.ts'
import { direct, ephemeral, inChannel, inHome, inThread, type Picture } from './picture.ts'
import { previews, special } from './previews.ts'
import { refusals } from './refusals.ts'
import { replies } from './replies.ts'
import type { Ride } from './ride.ts'
import { states, trainOf } from './states.ts'

/** Everything told in the thread of a ride, in order. */
export function thread(ride: Ride, train: number): readonly Narration[] {
  const scene = ride.scene(train)
  return ride.told.flatMap((told) => narrate(told, scene, ride.pipeline) ?? [])
}

export function pictures(): readonly Picture[] {
  const all = Object.entries(states())
  return unlike([
    ...all.map(([name, ride]) =>
      inChannel(`announcement: ${name}`, announcement(ride.scene(trainOf(name)))),
    ),
    ...all.flatMap(([name, ride]) =>
      thread(ride, trainOf(name)).map((message, index) =>
        inThread(`thread: ${name} ${index + 1}`, message),
      ),
    ),
    ...all.flatMap(([name, ride]) => endedStops(name, ride)),
    ...all.flatMap(([name, ride]) => inPerson(name, ride)),
    ...all.flatMap(([name, ride]) => looks(name, ride)),
    ...all.flatMap(([name, { pipeline, now }]) => [
      ...previews(name, pipeline, now),
      special(name, pipeline, now),
    ]),
    ...concerns(),
    ...migrations(),
    ...refusals(),
    ...links(),
    ...replies(),
  ])
}

/** What told of a stop, once the line goes on. */
function endedStops(name: string, { told, pipeline }: Ride): readonly Picture[] {
  const stop = told.findLast(({ event }) => event.type === 'line_stopped')
  const resumed = told.findLast(({ event }) => event.type === 'line_resumed')
  if (stop === undefined || resumed === undefined) return []
  const around = { pipeline, changes: pipeline.changes, actor: stop.actor }
  return [inChannel(`stop: ${name}`, endedStopNote(stop, around, resumed))]
}

/** What one person reads alone: the Home, the reminder, the warning; and the catch-up after an outage. */
function inPerson(name: string, ride: Ride): readonly Picture[] {
  const { pipeline, now, told } = ride
  const scene = ride.scene(trainOf(name))
  const missed = catchUp(told.slice(-8), scene, pipeline)
  const asked = ['ana', 'bob', 'cem'].flatMap((who) => {
    const message = reminder(scene, who)
    return message === null ? [] : [direct(`reminder: ${name}, ${who}`, message)]
  })
  const warned = scene.deployments.flatMap(({ key }) =>
    ['ana', 'bob'].flatMap((person) => {
      const message = lockQuestion(scene, { key, person }) ?? warning(scene, { key, person })
      return message === null ? [] : [direct(`warning: ${name}, ${person}`, message)]
    }),
  )
  return [
    inHome(`home: ${name}, ana`, home([pipeline], actor('ana'), now)),
    inHome(`home: ${name}, dee`, home([pipeline], actor('dee'), now)),
    ...asked,
    ...warned,
    ...(missed === null ? [] : [inThread(`catch-up: ${name}`, missed)]),
  ]
}

/** What the commands that only look answer. */
function looks(name: string, { pipeline, now, told }: Ride): readonly Picture[] {
  return [
    ephemeral(`board: ${name}`, board([pipeline], actor('ana'), now)),
    ephemeral(`status: ${name}`, status(pipeline, now)),
    ephemeral(`why: ${name}`, why(pipeline, now)),
    ephemeral(`locks: ${name}`, lockList([pipeline], now)),
    ephemeral(`history: ${name}`, history(told, pipeline)),
    ephemeral(`answered: ${name}`, answered('depart', told.slice(-3), pipeline, now)),
    ...pipeline.deployments.map((one, index) =>
      ephemeral(
        `log: ${name} ${index + 1}`,
        runLog(one, { lines: one.tail, address: 'https://signalbox.example/log', now }),
      ),
    ),
  ]
}

/** Of those that look the same, the first. */
function unlike(all: readonly Picture[]): readonly Picture[] {
  const seen = new Set<string>()
  return all.filter((one) => {
    const print = JSON.stringify([one.surface, one.message])
    if (seen.has(print)) return false
    seen.add(print)
    return true
  })
}
