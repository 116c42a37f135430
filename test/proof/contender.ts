/**
 * One process of those that race: a pool, a dispatcher and its side of the run protocol, as a server
 * has them. `contenders.ts` starts it.
 *
 * Invariant: it does at once whatever it is told, each task over a connection of its own, and says
 * what came of it; it judges nothing.
 */
import { createAgents } from '../../src/app/agents.ts'
import { createDispatch } from '../../src/app/dispatch.ts'
import type { Command } from '../../src/core/command.ts'
import type { Actor } from '../../src/core/model.ts'
import type { Configured } from '../../src/db/load.ts'
import { createPool } from '../../src/db/pool.ts'
import type { PollRequest, RunOrder, RunReport } from '../../src/runs/protocol.ts'

/** What it is started with. */
export type Setting = Pick<Configured, 'policy' | 'people'> & {
  readonly url: string
  /** As many connections as tasks may come at once. */
  readonly tasks: number
}

export type Task =
  | { readonly do: 'dispatch'; readonly command: Command; readonly actor: Actor }
  | { readonly do: 'poll'; readonly request: PollRequest }
  | { readonly do: 'report'; readonly report: RunReport }
  | { readonly do: 'insert'; readonly text: string; readonly values: readonly unknown[] }

/** What came of a task, each kind of which fills one field. */
export interface Said {
  /** The types of what happened. */
  readonly events: readonly string[]
  readonly claims: readonly RunOrder[]
  /** The report was taken, or the row was. */
  readonly isTaken: boolean
  /** The constraint that kept a row out. */
  readonly constraint: string | null
}

export type Answer = { readonly said: readonly Said[] } | { readonly fault: string }

const NOTHING: Said = { events: [], claims: [], isTaken: false, constraint: null }

const { url, tasks, policy, people } = JSON.parse(process.argv[2] ?? '') as Setting
const nothing = (): void => {}
const pool = createPool(url, { log: { warn: nothing } as never, max: tasks })
const configured: Configured = { policy, people, carries: () => true, ridesAlone: () => false }
const pipelines = new Map([[policy.pipeline, configured]])
const dispatch = createDispatch({ pool, pipelines, changed: nothing, clock: null })
const agents = createAgents({ pool, dispatch, pipelines, setAside: async () => undefined })

async function perform(task: Task): Promise<Said> {
  switch (task.do) {
    case 'dispatch': {
      const outcome = await dispatch(policy.pipeline, task.command, task.actor)
      return { ...NOTHING, events: outcome.ok ? outcome.events.map(({ type }) => type) : [] }
    }
    case 'poll': {
      const { claims } = await agents.look(task.request)
      return { ...NOTHING, claims }
    }
    case 'report':
      return { ...NOTHING, isTaken: (await agents.report(task.report)) === 'recorded' }
    case 'insert':
      try {
        await pool.query(task.text, [...task.values])
        return { ...NOTHING, isTaken: true }
      } catch (fault) {
        const constraint = (fault as { readonly constraint?: string }).constraint
        if (constraint === undefined) throw fault
        return { ...NOTHING, constraint }
      }
  }
}

const answer = (its: Answer): void => void process.send?.(its)

process.on('message', (its: readonly Task[]) => {
  Promise.all(its.map(perform)).then(
    (said) => answer({ said }),
    (fault: unknown) =>
      answer({ fault: fault instanceof Error ? (fault.stack ?? '') : `${fault}` }),
  )
})
process.once('disconnect', () => process.exit())
