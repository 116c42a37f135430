/**
 * Keeps a process at the policies in force: the file when it is told to read it again, and what
 * waited or was accepted elsewhere.
 *
 * Invariant: an invalid file changes nothing. A look that is lost is made up by the next one, for
 * each decision reads the policy in force with the pipeline's row.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { PipelineFile } from './app/policies.ts'
import type { LineUp } from './line-up.ts'

/** The file as it is now, or what is wrong with it. */
export type Reread = () =>
  | { readonly ok: true; readonly file: PipelineFile }
  | { readonly ok: false; readonly problems: readonly string[] }

export interface PolicyWatch {
  /** Reads the file again; answers once what it says is in force, or waits. */
  readonly reload: () => Promise<void>
  readonly stop: () => Promise<void>
}

const LOOK_MS = 1_000

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined)

export function watchPolicies(
  line: LineUp,
  { reread, log }: { readonly reread: Reread; readonly log: Logger },
): PolicyWatch {
  const stopping = new AbortController()
  const moved = async (names: readonly string[]): Promise<void> => {
    for (const name of names) await line.look(name)
  }
  const reload = async (): Promise<void> => {
    const read = reread()
    if (!read.ok) {
      for (const problem of read.problems)
        log.error({ problem }, 'the configuration stays as it was')
      return
    }
    await line.policies.propose(read.file)
    await moved([...line.pipelines.keys()])
    log.info({ file: read.file.path }, 'read the configuration again')
  }
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await pause(LOOK_MS, stopping.signal)
      if (stopping.signal.aborted) return
      await line.policies
        .look()
        .then(moved)
        .catch((fault: unknown) => log.warn({ err: fault }, 'a look at the policies failed'))
    }
  })()
  let last: Promise<void> = Promise.resolve()
  return {
    reload: () => {
      last = last.then(reload).catch((fault: unknown) => {
        log.error({ err: fault }, 'the configuration could not be taken over')
      })
      return last
    },
    stop: async () => {
      stopping.abort()
      await looking
      await last
    },
  }
}
