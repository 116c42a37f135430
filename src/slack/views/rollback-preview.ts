/**
 * A rollback before it acts: what goes back, whose it is, what does not go back by itself, and the
 * gates it passes by being confirmed.
 *
 * Invariant: the confirming button says exactly the words that the preview showed, and no others.
 */
import { amountOf } from '../../core/gates/migrations.ts'
import { locksOn } from '../../core/gates/way.ts'
import { contains } from '../../core/migrations.ts'
import type { Change, Pipeline } from '../../core/model.ts'
import type { RollbackPreview } from '../../core/preview-rollback.ts'
import type { Message } from '../scene.ts'
import type { RollbackWord } from '../words/button-value.ts'
import { clip, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { called, changeName, changeNames, counted, isMigration, shortSha } from '../words/names.ts'
import { moment } from '../words/time.ts'
import { actions, button, fitting, header, message, sections } from './blocks.ts'

export function rollbackPreview(
  preview: RollbackPreview,
  pipeline: Pipeline,
  { now, reason }: { readonly now: number; readonly reason: string | null },
): Message {
  const { environment, from, target, changes } = preview
  const place = `${pipeline.name} ${environment}`
  const first = md`Roll ${place} back ${from === null ? nothing : md`from ${shortSha(from)} `}to ${shortSha(target.sha)}${target.train === null ? nothing : md` of train #${target.train}`}, live there since ${moment(target.since)}.`
  const { shown, left } = fitting(
    changes.map((one) => row(pipeline, one)),
    5_000,
  )
  const lines = [
    first,
    reason === null ? nothing : md`Reason: ${clip(reason, 250)}`,
    ...words(preview, pipeline, now).map(({ line }) => line),
    changes.length === 0
      ? md`No change leaves this pipeline's list; what ${environment} serves is replaced.`
      : md`Taken back: ${counted(changes.length, 'change')}${trains(preview)}`,
    ...shown,
    ...(left === 0 ? [] : [md`+ ${left} more`]),
    ...moved(preview, pipeline),
    migrations(changes),
    md`Afterwards ${environment} is locked in your name, and what was taken back does not return until somebody lets it.`,
  ]
  return message(first, [
    header(`Roll back ${place}?`),
    ...sections(lines),
    ...actions(buttons(preview, pipeline, { now, reason })),
  ])
}

const row = (pipeline: Pipeline, change: Change): Mrkdwn =>
  md`• ${changeName(change)} ${clip(change.title, 90)} · ${called(pipeline, change.author)}${isMigration(change) ? ' · ⚠️ migration' : ''}`

const trains = ({ trains: numbers }: RollbackPreview): Mrkdwn =>
  numbers.length === 0
    ? nothing
    : md`, of ${numbers.length === 1 ? 'train' : 'trains'} ${numbers
        .slice(0, 10)
        .map((number) => `#${number}`)
        .join(', ')}`

const MOVED_MAX = 5

/** What the old code will find there: data that was moved for the code that goes. */
function moved(
  { migrations: found, environment, target }: RollbackPreview,
  pipeline: Pipeline,
): readonly Mrkdwn[] {
  return found.slice(0, MOVED_MAX).map((one) => {
    const { contract, change, progress, verifiedAt, run } = one
    const its = changeNames(pipeline.changes, [change])
    if (contract !== null && contains(pipeline, target, change)) {
      const by = changeNames(pipeline.changes, [contract])
      return md`🗄️ *Danger:* ${by} removed what the migration of ${its} had replaced in ${environment}: the code before it may look for it.`
    }
    const how =
      verifiedAt !== null
        ? md`has run here and is complete`
        : md`has run here${progress === null ? nothing : md` (${amountOf(progress)})`}`
    const open =
      run?.status === 'unknown' ? md` Nobody knows how increment ${run.number} ended.` : nothing
    return md`🗄️ *Danger:* the migration of ${its} ${how}: the code before ${its} may not know the new schema.${open}`
  })
}

/** A rollback runs the old code; it takes no schema back unless the deploy script does. */
function migrations(changes: readonly Change[]): Mrkdwn {
  const found = changes.filter(isMigration)
  if (found.length === 0) return nothing
  return md`⚠️ ${counted(found.length, 'change')} above ${found.length === 1 ? 'carries a migration' : 'carry migrations'}: the old release will meet the new schema, and an irreversible migration makes that unsafe. Ask ${found
    .slice(0, 5)
    .map(({ author }) => author)
    .join(', ')} first if you can.`
}

interface Word {
  readonly word: RollbackWord
  readonly line: Mrkdwn
}

function words(
  { environment, under, doubtful, needs }: RollbackPreview,
  pipeline: Pipeline,
  now: number,
): readonly Word[] {
  const whose = under?.train == null ? 'what' : `train #${under.train}, which`
  const abort: readonly Word[] = needs.includes('abort')
    ? [
        {
          word: 'abort',
          line: md`🛑 This aborts ${whose} is being deployed to ${environment} now.`,
        },
      ]
    : []
  const settle: readonly Word[] = needs.includes('settle')
    ? [
        {
          word: 'settle',
          line: md`❓ This declares dead ${doubtful === null ? whose : md`an increment of the migration of ${changeNames(pipeline.changes, [doubtful.change])}, which`} ended unknown in ${environment}.`,
        },
      ]
    : []
  const locks = locksOn(pipeline, environment, now).map(
    (lock): Word => ({
      word: 'take_over',
      line: md`🔒 This takes over the lock of ${called(pipeline, lock.by)}, who is told: ${clip(lock.reason, 120)}`,
    }),
  )
  return [...abort, ...settle, ...locks]
}

function buttons(
  preview: RollbackPreview,
  pipeline: Pipeline,
  { now, reason }: { readonly now: number; readonly reason: string | null },
) {
  const { environment, target } = preview
  const said = [...new Set(words(preview, pipeline, now).map(({ word }) => word))]
  const value = { pipeline: pipeline.name, environment, to: target.sha }
  return [
    button({
      id: 'rollback.confirm',
      text: reason === null ? 'Roll back…' : 'Roll back',
      style: 'danger',
      value: {
        ...value,
        ...(said.length === 0 ? {} : { words: said }),
        ...(reason === null ? {} : { reason }),
      },
      confirm: {
        title: `Roll back ${environment}?`,
        text: md`${pipeline.name} ${environment} goes to ${shortSha(target.sha)}.`,
        yes: 'Roll back',
      },
    }),
    button({ id: 'rollback.dismiss', text: 'Leave it', value }),
  ]
}
