/**
 * `signalbox serve`.
 *
 * Invariant: SIGINT and SIGTERM stop it cleanly, once; a second signal ends it at once.
 */
import { type Command, Option } from 'commander'
import pino from 'pino'
import { problemsOfRole, ROLES, type Role } from '../config/role.ts'
import { EMBEDDED } from '../embedded-agent.ts'
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
      const { policies } = configuration
      const problems = problemsOfRole(role, { config, policies, embedded: EMBEDDED })
      if (problems.length > 0) leave(problems)
      const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }))
      const running = await serve({ config, log, role, ...configuration })
      console.log(greeting(running.url, tour))
      await signalled()
      console.log('Stopping; a deploy under way goes on with its agent.')
      await running.stop()
    })
}

function greeting(url: string | null, tour: string | null): string {
  if (url === null) return 'Signalbox works; another process answers.'
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

function signalled(): Promise<void> {
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
  })
}
