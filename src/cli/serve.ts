/**
 * `signalbox serve`.
 *
 * Invariant: SIGINT and SIGTERM stop it cleanly, once; a second signal ends it at once. SIGHUP has
 * it read the configuration file again.
 */
import { closeSync, openSync } from 'node:fs'
import { type Command, Option } from 'commander'
import pino, { type Logger } from 'pino'
import type { PipelineFile } from '../app/policies.ts'
import type { Config } from '../config/environment.ts'
import { webUrlOf } from '../config/github.ts'
import { holderOf } from '../config/home-lock.ts'
import { problemsOfRole, ROLES, type Role } from '../config/role.ts'
import { secretOf } from '../config/secret.ts'
import { EMBEDDED } from '../embedded-agent.ts'
import { type Playground, startPlayground } from '../playground/playground.ts'
import type { Sample } from '../playground/sample.ts'
import type { Reread } from '../policy-watch.ts'
import { serve } from '../serve.ts'
import { leave, policiesOrExit, usesSample, wholeConfigOrExit } from './configuration.ts'
import { erasePlayground, leaveIfRunning } from './fresh.ts'
import { placed } from './port.ts'

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the server, and the embedded agent where an environment uses it')
    .addOption(
      new Option('--role <role>', 'web answers, worker moves what time moves, all does both')
        .choices(ROLES)
        .default('all'),
    )
    .option('--fresh', 'erase the playground of this home first, and begin it anew')
    .action(async ({ role, fresh }: { readonly role: Role; readonly fresh?: true }) => {
      const asked = wholeConfigOrExit()
      if (usesSample(asked)) await leaveIfRunning(asked)
      if (fresh) await erasePlayground(asked, pino({ level: asked.logLevel }, pino.destination(2)))
      const config = await placed(asked, usesSample(asked) ? 'sample' : 'installation')
      if (config.port !== asked.port && asked.port !== 0) {
        console.log(`Port ${asked.port} is taken; using ${config.port}.`)
      }
      const { sample, ...configuration } = policiesOrExit(config, config)
      const isKept = role === 'worker' && (await holderOf(config.home, 'serve')) === process.ppid
      const problemsOf = ({ policies }: PipelineFile): readonly string[] =>
        problemsOfRole(role, { config, policies, embedded: EMBEDDED, isKept })
      const problems = problemsOf(configuration.file)
      if (problems.length > 0) leave(problems)
      const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }))
      const reread = (): ReturnType<Reread> => {
        const read = configuration.reread()
        const wrong = read.ok ? problemsOf(read.file) : []
        return wrong.length === 0 ? read : { ok: false, problems: wrong }
      }
      const hangUps = hearHangUps()
      const stage = sample === null ? { config, playground: null } : setUp(config, sample, log)
      const running = await serve({
        log,
        role,
        ...configuration,
        reread,
        config: stage.config,
        beside: stage.playground,
        isWorkerApart: stage.playground !== null,
      })
      const ended = signalled((end) => {
        hangUps.follow(running.reload, end)
        if (isKept) endWithServer(end)
      })
      console.log(greeting(role, running.url, stage.playground && sample))
      await ended
      console.log('Stopping; a deploy under way goes on with its agent.')
      await running.stop()
    })
}

/** Without a Slack of one's own, the sample's people are met in the playground, and its GitHub. */
function setUp(
  config: Config,
  sample: Sample,
  log: Logger,
): { readonly config: Config; readonly playground: Playground | null } {
  if (config.slack !== null) return { config, playground: null }
  const local = `http://127.0.0.1:${config.port}`
  const playground = startPlayground({ home: config.home, url: () => local, log, sample })
  const { apiUrl, botToken, signingSecret } = playground.slack
  const slack = {
    apiUrl,
    botToken: secretOf(botToken),
    signingSecret: secretOf(signingSecret),
    appToken: null,
  }
  const { token, webhookSecret, apiUrl: githubUrl } = playground.github
  const github = {
    webhookSecret: secretOf(webhookSecret),
    app: null,
    apiUrl: githubUrl,
    webUrl: webUrlOf(githubUrl),
  }
  const own = { ...config, slack, github, githubToken: secretOf(token) }
  return { config: own, playground }
}

function greeting(role: Role, url: string, sample: Sample | null): string {
  if (role === 'worker') return `Signalbox works; another process answers. Health: ${url}/readyz`
  if (sample === null) return `Signalbox is ready at ${url}\n  health  ${url}/readyz`
  return [
    `Signalbox is ready at ${url}`,
    '',
    `  Open ${url} and ride a train: a town with a Slack of its own, where merges are real.`,
    '  Or in another terminal, with the real CLI:',
    '',
    `    . ${sample.tour}`,
    '    merge ana "Cache the price list"; merge bob "Drop the legacy cart"',
    '    ana depart shop; ana status shop',
    '    ana consent shop 1; bob consent shop 1; ana why shop',
    '',
    '  For your own pipelines write a signalbox.yml; the README says how.',
  ].join('\n')
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

/** The server that started this process is there as long as the channel to it. */
function endWithServer(end: () => void): void {
  if (!process.connected) end()
  process.once('disconnect', end)
  process.channel?.unref()
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
