/**
 * `signalbox lock` and `unlock`: an environment, a pipeline, or with `--all` everything.
 *
 * Invariant: `--all` and a pipeline are never guessed from one another.
 */
import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../core/duration.ts'
import type { ApiClient } from './api-client.ts'
import { type Fields, printEvents, type Sub, type Tell, words } from './words.ts'

const seconds = (text: string): number => {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('must be like 90s, 20m or 1h30m')
  return Math.round(ms / 1_000)
}

export function addLocking(sub: Sub, api: ApiClient, tell: Tell): void {
  sub('lock [pipeline] [reason...]', 'keep it closed; with --all everything, then the reason only')
    .option('--all', 'every pipeline, also those added later')
    .option('--environment <name>', 'only this one')
    .option('--for <duration>', 'until then', seconds)
    .option('--take-over', 'from whoever holds it')
    .action(async (pipeline: string | undefined, more: readonly string[], given: Fields) => {
      const { all, takeOver, ...rest } = given
      const said = all === true ? [pipeline ?? '', ...more] : more
      const reason = words(said).trim()
      if (reason === '') throw new Error('give a reason: it is shown to whoever waits')
      const fields = { reason, ...rest, ...(takeOver === undefined ? {} : { take_over: takeOver }) }
      if (all === true) printEvents(await api.post('/lock', fields))
      else await tell(pipeline ?? '', { type: 'lock', ...fields })
    })
  sub('unlock [pipeline]', 'open it again')
    .option('--all', 'the lock on everything')
    .option('--environment <name>')
    .option('--id <id>', 'only this very lock')
    .action(async (pipeline: string | undefined, { all, ...given }: Fields) => {
      if (all === true && pipeline === undefined) printEvents(await api.post('/unlock', given))
      else if (all === true || pipeline === undefined) {
        throw new Error('name the pipeline to unlock, or say --all')
      } else await tell(pipeline, { type: 'unlock', ...given })
    })
}
