/**
 * The commands, as people type them, and what to do about one that could not be read.
 *
 * Invariant: generated from the grammar's own table, so it cannot name a command that is not read.
 */
import type { Message } from '../scene.ts'
import type { Misread } from '../words/asked.ts'
import { clip, command, md } from '../words/mrkdwn.ts'
import { GRAMMAR } from '../words/slash-table.ts'
import { context, header, message, sections } from './blocks.ts'

export function help(): Message {
  const lines = GRAMMAR.map(
    ({ slash, form, says }) => md`${command(`${slash} ${form}`.trim())} ${says}`,
  )
  return message(md`The commands of Signalbox`, [
    header('Commands'),
    ...sections(lines),
    context(
      md`Words in capitals are yours; what stands in brackets may be left out, and so may the pipeline in a channel that has exactly one.`,
    ),
  ])
}

/** A typo: nothing was done, and this is the nearest that could have been meant. */
export function misunderstood({
  message: why,
  suggestion,
}: Pick<Misread, 'message' | 'suggestion'>): Message {
  const first = md`🤔 Nothing was done. ${clip(why, 400)}`
  const meant = suggestion === null ? [] : [md`Did you mean ${command(suggestion)}?`]
  return message(first, [
    ...sections([first, ...meant]),
    context(md`${command('/deploy help')} lists every command.`),
  ])
}
