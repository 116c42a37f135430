/**
 * The environment variables of this version, read once and made whole.
 *
 * Invariant: every problem is found in one reading, and no message repeats a value, because any of
 * them may be a secret in the wrong place.
 */
import { resolve } from 'node:path'
import { type ApiToken, readApiTokens } from './api-tokens.ts'
import { type Secret, secretOf } from './secret.ts'
import { readSlack, type SlackConfig } from './slack.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

export interface Config {
  readonly port: number
  readonly host: string
  /** The public base address, without a slash at its end. */
  readonly url: string
  /** Absolute: the embedded database, run journals, logs and checkouts. */
  readonly home: string
  /** Absolute: the pipeline file. */
  readonly configFile: string
  /** null: the embedded database. */
  readonly databaseUrl: Secret | null
  /** null: the queue runs on PostgreSQL. */
  readonly redisUrl: Secret | null
  readonly apiTokens: readonly ApiToken[]
  /** Only for the agent's git fetches; null: git as the machine has it. */
  readonly githubToken: Secret | null
  /** null: Slack is not spoken to. */
  readonly slack: SlackConfig | null
  readonly logLevel: LogLevel
}

/** What is wrong with a variable, and how to mend it. */
export interface Problem {
  readonly variable: string
  readonly message: string
}

export type Environment =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] }

const NO_WEBHOOKS = 'this version does not hear GitHub webhooks yet'

/** Set, they promise something that would silently not happen. */
const NOT_YET: Readonly<Record<string, string>> = {
  GITHUB_WEBHOOK_SECRET: NO_WEBHOOKS,
  GITHUB_APP_ID: NO_WEBHOOKS,
}

/** Reads the process's environment; all problems at once, or a frozen configuration. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const problems: Problem[] = []
  const report = (variable: string, message: string): void => {
    problems.push({ variable, message })
  }
  // Empty is how compose files leave a plain variable out; an empty secret is one that got lost.
  const plain = (variable: string, unset: string): string => env[variable]?.trim() || unset
  const secret = (variable: string, wrong: (value: string) => string | null): Secret | null => {
    const value = env[variable]
    if (value === undefined) return null
    const message =
      value.trim() === '' ? 'is set but empty; give it a value or unset it' : wrong(value)
    if (message === null) return secretOf(value)
    report(variable, message)
    return null
  }

  const port = portNumber(plain('PORT', '3000'))
  if (port === undefined) report('PORT', 'must be a port number from 0 to 65535')
  const url = baseAddress(plain('SIGNALBOX_URL', `http://localhost:${port ?? 3000}`))
  if (url === undefined) {
    report('SIGNALBOX_URL', 'must be an http(s) address without user, query or fragment')
  }
  const logLevel = LOG_LEVELS.find((level) => level === plain('LOG_LEVEL', 'info'))
  if (logLevel === undefined) report('LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}`)

  const databaseUrl = secret('DATABASE_URL', (value) =>
    hasScheme(value, ['postgres:', 'postgresql:'])
      ? null
      : 'must be a postgres:// address; unset it to use the embedded database',
  )
  const redisUrl = secret('REDIS_URL', (value) =>
    hasScheme(value, ['redis:', 'rediss:'])
      ? null
      : 'must be a redis:// or rediss:// address; unset it to run the queue on PostgreSQL',
  )
  const githubToken = secret('GITHUB_TOKEN', (value) =>
    /^[\x21-\x7e]{16,}$/.test(value)
      ? null
      : 'must be at least 16 printable characters without spaces; copy the token again',
  )
  const tokens = readApiTokens(env['SIGNALBOX_API_TOKENS'])
  for (const message of tokens.problems) report('SIGNALBOX_API_TOKENS', message)
  const slack = readSlack(env, { secret, report })
  for (const [variable, reason] of Object.entries(NOT_YET)) {
    if (env[variable] === undefined) continue
    report(variable, `${reason}; unset it and report with the API instead (\`record_change\`)`)
  }

  const isWhole = port !== undefined && url !== undefined && logLevel !== undefined
  if (problems.length > 0 || !isWhole) return { ok: false, problems }
  const config = Object.freeze({
    port,
    host: plain('HOST', '127.0.0.1'),
    url,
    home: resolve(plain('SIGNALBOX_HOME', '.signalbox')),
    configFile: resolve(plain('SIGNALBOX_CONFIG', 'signalbox.yml')),
    databaseUrl,
    redisUrl,
    apiTokens: tokens.tokens,
    githubToken,
    slack,
    logLevel,
  })
  return { ok: true, config }
}

function portNumber(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined
}

function baseAddress(text: string): string | undefined {
  if (!hasScheme(text, ['http:', 'https:'])) return undefined
  const { username, password, search, hash, origin, pathname } = new URL(text)
  if (username + password + search + hash !== '') return undefined
  return `${origin}${pathname}`.replace(/\/+$/, '')
}

const hasScheme = (text: string, schemes: readonly string[]): boolean =>
  URL.canParse(text) && schemes.includes(new URL(text).protocol)
