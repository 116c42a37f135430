/**
 * `signalbox serve`.
 *
 * Invariant: SIGINT and SIGTERM stop it cleanly, once; a second signal ends it at once.
 */
import type { Command } from 'commander'
import pino from 'pino'
import { type Playground, startPlayground } from '../playground/playground.ts'
import { serve } from '../serve.ts'
import { configOrExit, policiesOrExit } from './configuration.ts'

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the server, and the embedded agent where an environment uses it')
    .action(async () => {
      const config = configOrExit()
      const { sample, ...configuration } = policiesOrExit(config)
      const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }))
      const playground = (url: () => string): Playground =>
        startPlayground({ home: config.home, url, log, sample })
      const running = await serve({ config, log, playground, ...configuration })
      console.log(greeting(running.url, sample?.tour ?? null))
      await signalled()
      console.log('Stopping; a deploy under way goes on with its agent.')
      await running.stop()
    })
}

function greeting(url: string, tour: string | null): string {
  const lines = [`Signalbox is ready at ${url}`, `  open    ${url}/`, `  health  ${url}/readyz`]
  if (tour !== null) {
    lines.push(
      '',
      'No signalbox.yml here, so this is the sample pipeline `shop`. Open the page and merge something,',
      'or use another terminal:',
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
