/**
 * What a pipeline does, in plain words, for `signalbox config check`.
 *
 * Invariant: says what the policy does, defaults included, and what nobody may do on a bad day.
 */

import { durationText } from '../core/duration.ts'
import {
  type EnvironmentPolicy,
  type FlagsPolicy,
  type OnFailurePolicy,
  type Permission,
  type Permissions,
  type Policy,
  REPOSITORY_FILE,
  type SignalPolicy,
  type SoloPolicy,
  type WindowsPolicy,
} from '../core/policy.ts'
import type { VerifyStep } from '../core/verify-step.ts'
import { standing } from '../core/windows.ts'
import { allowedOrigins } from './foreign-steps.ts'
import { migrationsInWords } from './migrations.ts'
import { rolloutInWords } from './rollout.ts'
import { watchInWords } from './watch.ts'

const RIGHTS: readonly (readonly [keyof Permissions, string])[] = [
  ['depart', 'send a train, cancel and retry it, and resume the line'],
  ['hold', 'hold a train and stop the line'],
  ['lock', 'lock an environment'],
  ['roll_back', 'roll back'],
  ['settle', 'settle a deployment whose end is unknown'],
  ['special', 'send a special train off the branch'],
  ['break_glass', 'break the glass'],
  ['link', 'confirm who somebody is'],
]

/** What it means on a bad day that nobody holds a permission. */
const NOBODY: Partial<Readonly<Record<keyof Permissions, string>>> = {
  roll_back: 'a bad release stays until a mended one has travelled',
  settle: 'an environment whose deployment ended unknown stays closed',
  special: 'a hotfix must travel with its branch',
  break_glass: 'a closed gate stays closed until what closes it is gone',
}

/** The whole policy as a few paragraphs of text. */
export function describePolicy(policy: Policy): string {
  const { pipeline, repository, branch, paths, environments } = policy
  const part = paths === null ? '' : `, where it touches ${paths.join(', ')}`
  return [
    `${pipeline}: ${repository}, branch ${branch}${part}.`,
    `Mode: ${mode(policy)}`,
    `Doors: ${doors(policy)}`,
    `Checks: ${checks(policy)}`,
    ...(policy.fromRepository === null ? [] : [own(policy)]),
    ...(policy.backlog === null
      ? []
      : [
          `Merges: more than ${counted(policy.backlog, 'change')} on the line show open pull requests that it is backlogged.`,
        ]),
    ...signalsInWords(policy.signals),
    ...(policy.flags === null ? [] : [flagsInWords(policy.flags)]),
    ...(policy.migrations === null ? [] : [migrationsInWords(policy.migrations)]),
    'Journey:',
    ...environments.map((environment, index) => `  ${index + 1}. ${stop(environment)}`),
    `Watched: ${watchInWords(policy.watch)}`,
    'Who may:',
    ...RIGHTS.map(([right, words]) => `  ${words}: ${holders(right, policy.permissions[right])}`),
  ].join('\n')
}

function mode({ doors, environments }: Policy): string {
  const asks = environments.some(
    ({ approvals }) => approvals.authors === 'all' || approvals.others > 0,
  )
  if (doors.departAtChanges === 1) {
    return asks
      ? 'every merge by itself; people are asked on the way.'
      : 'every merge by itself, without asking anybody.'
  }
  const byHand =
    doors.departAfterMs === null &&
    doors.departAtChanges === null &&
    doors.departAtLines === null &&
    doors.departAt.length === 0
  const how = byHand ? 'trains sent by hand' : 'trains of merged changes'
  return asks ? `${how}; people are asked on the way.` : `${how}, without asking anybody.`
}

function own(policy: Policy): string {
  const origins = [...allowedOrigins(policy)]
  const runs = policy.environments.some(({ verify }) => verify.some(({ kind }) => kind === 'run'))
  const asks = [
    ...(origins.length === 0 ? [] : [`asking ${origins.join(', ')}`]),
    ...(runs ? ['running commands of this file'] : []),
  ]
  const how = asks.length === 0 ? 'asking and running nothing' : asks.join(', ')
  return `Repository: ${REPOSITORY_FILE} may set paths, doors, checks, soak and verification (${how}), and tighten approvals; an edit counts once its change has arrived.`
}

function doors({ doors: policy, timeZone }: Policy): string {
  const { departAfterMs, departAtChanges, departAtLines, departAt, urgentLabels } = policy
  const closings = [
    departAfterMs === null ? [] : `${durationText(departAfterMs)} after the first change boards`,
    departAt.length === 0 ? [] : `at ${departAt.map(clockText).join(' and ')} (${timeZone})`,
    departAtChanges === null ? [] : `with ${counted(departAtChanges, 'change')} aboard`,
    departAtLines === null ? [] : `with ${counted(departAtLines, 'changed line')} aboard`,
    urgentLabels.length === 0
      ? []
      : `at once behind a green change labelled ${urgentLabels.join(' or ')}`,
  ].flat()
  const when =
    closings.length === 0
      ? 'close by hand only.'
      : `close ${closings.join(', or ')}, or by hand; whichever comes first.`
  return policy.solo === null ? when : `${when} ${alone(policy.solo)}`
}

function alone({ labels, paths, overLines }: SoloPolicy): string {
  const marks = [
    labels.length === 0 ? [] : `is labelled ${labels.join(' or ')}`,
    paths === null ? [] : `touches ${paths.join(' or ')}`,
    overLines === null ? [] : `changes more than ${counted(overLines, 'line')}`,
  ].flat()
  return marks.length === 0
    ? 'Nothing rides alone: `solo` names no label, path or size.'
    : `A change that ${marks.join(', or ')}, rides alone.`
}

const signalsInWords = (signals: readonly SignalPolicy[]): readonly string[] =>
  signals.map(
    ({ match, paths }) =>
      `Suspects: where a failure says ${match}, changes of ${paths.join(', ')} are looked at first, and their authors are told.`,
  )

const flagsInWords = ({ match, off }: FlagsPolicy): string => {
  const how =
    off.kind === 'run' ? `the environment’s agent runs \`${off.run.trim()}\`` : `POST ${off.url}`
  return `Flags: what follows ${match} in a label or title is turned off first (${how}, ended after ${durationText(off.timeoutMs)}).`
}

const clockText = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

function checks({ checks: { require, timeoutMs, settleMs } }: Policy): string {
  const late = `one pending for ${durationText(timeoutMs)} counts as red`
  if (require === null) {
    return `every check reported must be green; ${late}; where none is reported, go ${durationText(settleMs)} after the merge.`
  }
  return require.length === 0
    ? 'none are awaited.'
    : `${require.join(', ')} must be green; ${late}.`
}

function stop(policy: EnvironmentPolicy): string {
  const {
    name,
    deploy,
    approvals,
    soakMs,
    windows,
    agent,
    verify,
    reality,
    onFailure,
    rollout,
    afterVerified,
  } = policy
  const place = deploy.in === null ? 'a fresh checkout' : deploy.in
  const silence =
    deploy.silenceTimeoutMs === null
      ? ''
      : ` or ${durationText(deploy.silenceTimeoutMs)} of silence`
  const from = approvals.from === null ? 'every linked person' : listed(approvals.from)
  const people = approvals.others === 1 ? 'person' : 'people'
  const expiry =
    approvals.expireMs === null ? '' : `, each good for ${durationText(approvals.expireMs)}`
  const asked = [
    approvals.authors === 'all' ? 'every author aboard must consent' : [],
    approvals.others > 0
      ? `${approvals.others} ${people} who wrote none of it must approve (from ${from}${expiry})`
      : [],
  ].flat()
  const runner = agent === 'embedded' ? 'the embedded agent' : `agent ${agent}`
  return [
    `${name}: ${asked.length === 0 ? 'nobody is asked' : asked.join(', and ')}`,
    `${runner} runs \`${deploy.run.trim()}\` in ${place}, ended after ${durationText(deploy.timeoutMs)}${silence}`,
    ...(windows === null ? [] : [windowsInWords(windows)]),
    ...(reality === null
      ? []
      : [
          `asked every ${durationText(reality.everyMs)} what it runs, and ${counted(reality.times, 'disagreeing answer')} in a row are told as a drift`,
        ]),
    ...(rollout === null ? [] : [rolloutInWords(rollout, durationText)]),
    ...failing(onFailure),
    ...(afterVerified === null
      ? []
      : [
          `once a release is verified, ${runner} runs \`${afterVerified.run.trim()}\`, ended after ${durationText(afterVerified.timeoutMs)}`,
        ]),
    verified(soakMs, verify),
  ].join('; ')
}

function failing({ act, afterMs, dryRun }: OnFailurePolicy): readonly string[] {
  const would = dryRun ? 'only says that it would ' : ''
  const verb = (does: string, plain: string): string => (dryRun ? `${would}${plain}` : does)
  switch (act) {
    case 'hold':
      return []
    case 'stop':
      return [`a failure ${verb('stops', 'stop')} the line`]
    case 'roll_back':
      return [
        `a failure ${verb('goes', 'go')} back by itself to what was live and well before, unless somebody cancels it within ${durationText(afterMs)} or keeps it locked`,
      ]
  }
}

function windowsInWords({ allow, deny, timeZone, except }: WindowsPolicy): string {
  const named = (rules: WindowsPolicy['allow']): string => rules.map(({ text }) => text).join(', ')
  const when = [
    allow.length === 0 ? [] : `only ${named(allow)}`,
    deny.length === 0 ? [] : `never ${named(deny)}`,
  ].flat()
  const exceptions = [
    except.labels.length === 0 ? [] : `if every change is labelled ${except.labels.join(' or ')}`,
    except.people.length === 0 ? [] : `if ${except.people.join(' or ')} sends it`,
  ].flat()
  const also = exceptions.length === 0 ? '' : `, at any time ${exceptions.join(' or ')}`
  return `takes trains ${when.join(', and ')} (${timeZone})${also}; a rollback at any time`
}

function verified(soakMs: number, verify: EnvironmentPolicy['verify']): string {
  if (verify.length === 0) {
    return soakMs === 0
      ? 'verified as soon as it succeeds.'
      : `verified after ${durationText(soakMs)} without trouble.`
  }
  const soak = soakMs === 0 ? '' : ` for ${durationText(soakMs)}`
  return `verified when ${verify.map(seen).join(', and ')}${soak}; what nobody can see waits for a person.`
}

function seen(step: VerifyStep): string {
  const often = `(${step.name}, every ${durationText(step.everyMs)}, ${counted(step.times, 'bad look')} in a row are a verdict)`
  switch (step.kind) {
    case 'http': {
      const who = step.urls.length === 1 ? step.urls[0] : `all ${step.urls.length} instances`
      const value =
        step.expect === null
          ? ''
          : ` and ${step.expect.is === 'sha' ? 'the sha' : step.expect.value}${step.path === null ? '' : ` at ${step.path}`}`
      return `${who} ${step.urls.length === 1 ? 'answers' : 'answer'} ${step.status}${value} ${often}`
    }
    case 'run':
      return `\`${step.run.trim()}\` exits with 0 ${often}`
    case 'prometheus': {
      const bounds = [
        step.min === null ? [] : `at least ${step.min}`,
        step.max === null ? [] : `at most ${step.max}`,
      ].flat()
      return `\`${step.query}\` is ${bounds.join(' and ')} ${often}`
    }
    case 'comparison':
      return `\`${step.query}\` is no worse than before ${often}`
  }
}

/** Whether each environment with windows takes trains now, and when that changes. */
export function windowsNow({ pipeline, environments }: Policy, now: number): string {
  const lines = environments.flatMap(({ name, windows }) => {
    if (windows === null) return []
    const { isOpen, until } = standing(windows, now)
    const at = until === null ? null : new Date(until).toISOString()
    if (isOpen)
      return [`${pipeline} ${name} takes trains now${at === null ? '' : `, until ${at}`}.`]
    return at === null
      ? [`⚠ ${pipeline} ${name} never opens again: every date of its windows has passed.`]
      : [`${pipeline} ${name} is outside its windows now, and opens ${at}.`]
  })
  return lines.join('\n')
}

function holders(right: keyof Permissions, permission: Permission): string {
  if (permission === 'everyone') return 'everyone (no machine)'
  if (permission.length > 0) return listed(permission)
  const meaning = NOBODY[right]
  return meaning === undefined ? 'nobody' : `nobody (${meaning})`
}

const listed = (names: readonly string[]): string => names.join(', ') || 'nobody'

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
