/**
 * `signalbox agent deploy`: a deploy by hand on the agent's machine, while the server is away.
 *
 * Invariant: it takes the agent's place, so both are never at work at once. Exit 0: succeeded;
 * 1: refused; 2: failed; 3: aborted; 4: nobody knows.
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { holderOf, lockHome } from '../config/home-lock.ts'
import { deployByHand, type HandDeploy, HandRefusal, orderByHand } from '../runs/by-hand.ts'
import { type Ended, type Executing, logOf } from '../runs/execute.ts'
import { openJournal } from '../runs/journal.ts'
import type { RunOutcome } from '../runs/protocol.ts'
import { type AgentChoice, agentParts } from './agent-parts.ts'
import { words } from './words.ts'

interface Options extends AgentChoice {
  readonly by: string
  readonly reason: readonly string[]
  readonly rollback?: boolean
  readonly settle?: boolean
}

const EXIT: Readonly<Record<RunOutcome, number>> = {
  succeeded: 0,
  failed: 2,
  aborted: 3,
  unknown: 4,
}

export function addAgentDeploy(agent: Command): void {
  agent
    .command('deploy <environment> <sha>')
    .configureHelp({ showGlobalOptions: true })
    .description('deploy by hand, here, while the server and its database are away')
    .requiredOption('--by <name>', 'who does this; the server records it once it is back')
    .requiredOption('--reason <text...>', 'why; people read it')
    .option('--rollback', 'mark it as one')
    .option('--settle', 'although nobody knows how the last run there ended: it is dead')
    .action(async (environment: string, sha: string, _: unknown, command: Command) => {
      const given = command.optsWithGlobals<Options>()
      if (words(given.reason).trim() === '') throw new HandRefusal('--reason must say why')
      const ended = await deploy(given, {
        place: environment,
        sha: sha.toLowerCase(),
        kind: given.rollback === true ? 'rollback' : 'forward',
        hand: { by: nameOf(given.by), reason: words(given.reason).slice(0, 1_000) },
        settle: given.settle === true,
      })
      process.exitCode = EXIT[ended.outcome]
    })
}

/** Nobody signs as the line itself. */
function nameOf(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) && name !== 'signalbox') return name
  throw new HandRefusal(
    '--by must be your name: at most 64 letters, digits, dots, dashes and underscores',
  )
}

async function deploy(choice: AgentChoice, asked: HandDeploy): Promise<Ended> {
  const { home, serverHome, ...parts } = agentParts(choice)
  await refuseBesideAgent(home, serverHome)
  const unlock = await lockHome(home, 'agent')
  const journal = openJournal(`${home}/agent`)
  try {
    const executing: Executing = { home, journal, ...parts }
    const order = await orderByHand(executing, asked)
    const { pipeline, environment, run, epoch } = order
    console.error(
      `${asked.hand.by} deploys ${asked.sha.slice(0, 8)} to ${pipeline}/${environment} by hand: run ${run}, epoch ${epoch}`,
    )
    const control = { cancelled: false }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        control.cancelled = true
        console.error('Ending it; wait for the proof that it is dead.')
      })
    }
    const over = new AbortController()
    const showing = show(logOf(home, run), executing, over.signal)
    const ended = await deployByHand(executing, { order, hand: asked.hand, control }).finally(() =>
      over.abort(),
    )
    await showing
    console.error(
      `${ended.outcome}: ${ended.reason}. Start the agent again: it tells the server once that is back.`,
    )
    return ended
  } finally {
    journal.close()
    await unlock()
  }
}

/** A living agent is at work in the same journal; how to stop it depends on who keeps it. */
async function refuseBesideAgent(home: string, serverHome: string | null): Promise<void> {
  const agent = await holderOf(home, 'agent')
  if (agent === null) return
  const server = serverHome === null ? null : await holderOf(serverHome, 'serve')
  const how =
    server === null
      ? `stop it first: \`kill ${agent}\`, or \`systemctl stop\` its unit`
      : `stop its server first, which stops it too: \`kill ${server}\`, or \`systemctl stop\` its unit`
  throw new HandRefusal(`the agent of this home lives (pid ${agent}): ${how}`)
}

/** The log as it grows, to the terminal, until the run is over. */
async function show(path: string, { timing }: Executing, over: AbortSignal): Promise<void> {
  let at = 0
  for (let last = false; !last; ) {
    last = over.aborted
    const size = await stat(path).then(
      (file) => file.size,
      () => 0,
    )
    if (size > at) {
      for await (const bytes of createReadStream(path, { start: at, end: size - 1 })) {
        process.stdout.write(bytes)
      }
      at = size
    }
    if (!last) await timing.rest(timing.lookMs)
  }
}
