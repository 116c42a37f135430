/**
 * `signalbox serve`.
 *
 * Invariant: SIGINT and SIGTERM stop it cleanly, once; a second signal ends it at once. SIGHUP has
 * it read the configuration file again.
 */
import { closeSync, openSync } from 'node:fs'
import { type Command, Option } from 'commander'
import pino from 'pino'
import type { PipelineFile } from '../app/policies.ts'
import { problemsOfRole, ROLES, type Role } from '../config/role.ts'
import { EMBEDDED } from '../embedded-agent.ts'
import type { Reread } from '../policy-watch.ts'
import { serve } from '../serve.ts'
import { configOrExit, leave, policiesOrExit } from './configuration.ts'

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the server, and the embedded agent where an environment uses it')
    .addOption(
      new Option('--role <role>', 'web answers, worker moves what time moves, all does both')
        .choices(ROLES)
        .default('all'),
    )
    .action(async ({ role }: { readonly role: Role }) => {
      const config = configOrExit()
      const { tour, ...configuration } = policiesOrExit(config)
      const problemsOf = ({ policies }: PipelineFile): readonly string[] =>
        problemsOfRole(role, { config, policies, embedded: EMBEDDED })
      const problems = problemsOf(configuration.file)
      if (problems.length > 0) leave(problems)
      const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }))
      const reread = (): ReturnType<Reread> => {
        const read = configuration.reread()
        const wrong = read.ok ? problemsOf(read.file) : []
        return wrong.length === 0 ? read : { ok: false, problems: wrong }
      }
      const hangUps = hearHangUps()
      const running = await serve({ config, log, role, ...configuration, reread })
      const ended = signalled((end) => hangUps.follow(running.reload, end))
      console.log(greeting(role, running.url, tour))
      await ended
      console.log('Stopping; a deploy under way goes on with its agent.')
      await running.stop()
    })
}

function greeting(role: Role, url: string, tour: string | null): string {
  if (role === 'worker') return `Signalbox works; another process answers. Health: ${url}/readyz`
  const lines = [`Signalbox is ready at ${url}`, `  health  ${url}/readyz`]
  if (tour !== null) {
    lines.push(
      '',
      'No signalbox.yml here, so this is the sample pipeline `shop`. In another terminal:',
      `  . ${tour}`,
      '  merge ana "Cache the price list"; merge bob "Drop the legacy cart"',
      '  ana depart shop; ana status shop',
      '  ana consent shop 1; bob consent shop 1; ana why shop',
    )
  }
  return lines.join('\n')
}

/** Whether the terminal that this was started from is still there. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/**
 * SIGHUP reads the file again, unless it tells that the terminal has gone: that ends the server.
 * One that comes before the server runs is followed when it does.
 */
function hearHangUps(): {
  readonly follow: (reload: () => Promise<void>, end: () => void) => void
} {
  const fromTerminal = hasTerminal()
  let missed = false
  let act = (): void => {
    missed = true
  }
  process.on('SIGHUP', () => act())
  return {
    follow: (reload, end) => {
      act = () => (fromTerminal && !hasTerminal() ? end() : void reload())
      if (missed) act()
    },
  }
}

/** Resolves when it is told to end. */
function signalled(also: (end: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const once = (): void => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.removeListener(signal, once)
        process.once(signal, () => process.exit(130))
      }
      resolve()
    }
    process.on('SIGINT', once)
    process.on('SIGTERM', once)
    also(once)
  })
}
