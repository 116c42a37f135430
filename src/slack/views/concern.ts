/**
 * A concern as people read it: what stands since when, what to do, and the button that does it.
 *
 * Invariant: mentions only those who can act; nobody is mentioned in a message of their own.
 */
import type { Button } from '@slack/types'
import { ownLocks } from '../../core/advance.ts'
import { unfinished } from '../../core/line.ts'
import { withRun } from '../../core/migrations.ts'
import type { Pipeline } from '../../core/model.ts'
import type { Concern, ConcernKind } from '../../core/watch/concern.ts'
import type { Message, Narration } from '../scene.ts'
import { clip, command, join, link, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { mention } from '../words/names.ts'
import { ago, since } from '../words/time.ts'
import { MENTIONS_MAX } from './ask.ts'
import { actions, message, sections } from './blocks.ts'
import { cancel, consent, hold } from './choices.ts'
import { pauseButton } from './migration-buttons.ts'
import { aboardOf } from './train-line.ts'
import { releaseLock } from './ways-out.ts'

export interface Concerned {
  readonly pipeline: Pipeline
  readonly concern: Concern
  readonly now: number
  /** Where a run's log can be opened. */
  readonly logOf: (run: string) => string
}

const PICTURES: Readonly<Record<ConcernKind, string>> = {
  not_started: '💤',
  silent: '💤',
  slower: '⏰',
  checks: '⏳',
  waiting: '⏳',
  lock: '🔒',
  no_deploy: '⏰',
  failures: '🚨',
}

/** In a train's thread or in the channel; shown in both where nobody is mentioned. */
export function concernNote(concerned: Concerned): Narration {
  const { pipeline, concern } = concerned
  const people = meant(pipeline, concern).map((name) => mention(pipeline, name))
  const left = people.length - MENTIONS_MAX
  const more = left > 0 ? md`and ${left} more ` : nothing
  const whom =
    people.length === 0 ? nothing : md`${join(people.slice(0, MENTIONS_MAX), ' ')} ${more}`
  return { ...drawn(concerned, whom), broadcast: people.length === 0 }
}

/** Whom a message to all names: of those who are told in person only whom that does not reach. */
function meant(pipeline: Pipeline, { to }: Concern): readonly string[] {
  if (to.at === 'channel') return []
  return to.at === 'thread' ? to.people : to.people.filter((name) => !isReached(pipeline, name))
}

/** Whether Slack knows somebody of that name, who can be written to in person. */
export const isReached = (pipeline: Pipeline, name: string): boolean =>
  pipeline.people.some((one) => one.name === name && one.active && one.slack !== null)

const LISTED_MAX = 8

/** What stands, for whoever asks how it goes: nobody is mentioned. */
export function concernLines(concerns: readonly Concern[], now: number): readonly Mrkdwn[] {
  const left = concerns.length - LISTED_MAX
  return [
    ...concerns
      .slice(0, LISTED_MAX)
      .map(
        (one) =>
          md`${PICTURES[one.kind]} ${clip(one.says, 250)} (${ago(one.since, now)}) → ${clip(one.act, 200)}${byCommand(one)}`,
      ),
    ...(left > 0 ? [md`+ ${left} more to look at`] : []),
  ]
}

/** To somebody in person. */
export const concernToOne = (concerned: Concerned): Message => drawn(concerned, nothing)

function drawn(concerned: Concerned, whom: Mrkdwn): Message {
  const { pipeline, concern, now } = concerned
  const act = md`→ ${clip(concern.act, 300)}${byCommand(concern)}`
  const text = md`${PICTURES[concern.kind]} ${whom}${pipeline.name}: ${clip(concern.says, 400)}, since ${since(concern.since, now)}.`
  const lines = [text, join([act, logs(concerned)], ' · ')]
  return message(text, [...sections(lines), ...actions(buttons(concerned))])
}

const byCommand = ({ command: its }: Concern): Mrkdwn =>
  its === null ? nothing : md`: ${command(its)}`

const logs = ({ concern: { runs }, logOf }: Concerned): Mrkdwn =>
  join(
    runs.map((run) => link(logOf(run), md`${runs.length === 1 ? 'its log' : run}`)),
    ', ',
  )

/** The press that ends it, where there is one; whether the presser may is decided when it comes. */
function buttons({ pipeline, concern, now }: Concerned): readonly Button[] {
  const train = unfinished(pipeline).find(({ number }) => number === concern.train)
  const seen = train && aboardOf(pipeline, train, now)
  // The end of its train would end no run of a migration.
  const migration = withRun(pipeline, concern.about)?.migration
  if (migration !== undefined) {
    return migration.paused === null ? [pauseButton(pipeline, migration)] : []
  }
  switch (concern.kind) {
    case 'silent':
    case 'slower': {
      const run = pipeline.deployments.find((one) => one.run === concern.about)
      // Cancelling a train ends no rollback.
      return seen === undefined || run?.kind === 'rollback' ? [] : [cancel(seen)]
    }
    case 'waiting':
      return seen === undefined || !concern.about.includes(' consent ')
        ? []
        : [consent(seen), hold(seen)]
    case 'lock': {
      const lock = ownLocks(pipeline).find(({ id }) => id === concern.about)
      return lock === undefined ? [] : [releaseLock(pipeline.name, lock)]
    }
    case 'not_started':
    case 'checks':
    case 'no_deploy':
    case 'failures':
      return []
  }
}
