/**
 * The variables about GitHub: whose webhooks to believe, and as whom to ask.
 *
 * Invariant: half an App is an error, never silently a token or nothing; a key that cannot sign is
 * found here and not at the first webhook.
 */
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Secret, secretOf } from './secret.ts'

export interface GithubApp {
  readonly id: string
  readonly privateKey: Secret
}

export interface GithubConfig {
  /** null: webhooks are answered with 503 and the reason. */
  readonly webhookSecret: Secret | null
  /** null: a token, else no API at all. */
  readonly app: GithubApp | null
  /** Of the REST API, without a slash at its end. */
  readonly apiUrl: string
  /** Where its pages and repositories are: `https://github.com`, or an Enterprise server's address. */
  readonly webUrl: string
}

export interface Reading {
  readonly env: NodeJS.ProcessEnv
  readonly report: (variable: string, message: string) => void
  /** Reads a secret; reports what `wrong` says of it. */
  readonly secret: (variable: string, wrong: (value: string) => string | null) => Secret | null
  /** An address without a slash at its end; undefined: it is none. */
  readonly address: (text: string) => string | undefined
}

const SECRET_LENGTH_MIN = 16
const PUBLIC_API = 'https://api.github.com'

/** Reads all of them; every problem is reported. */
export function readGithub({ env, report, secret, address }: Reading): GithubConfig {
  const webhookSecret = secret('GITHUB_WEBHOOK_SECRET', (value) =>
    value.trim().length >= SECRET_LENGTH_MIN
      ? null
      : `must have at least ${SECRET_LENGTH_MIN} characters: anyone who guesses it can report merges`,
  )
  const apiUrl = address(env['GITHUB_API_URL']?.trim() || PUBLIC_API)
  if (apiUrl === undefined) {
    report('GITHUB_API_URL', 'must be an http(s) address without user, query or fragment')
  }
  const base = apiUrl ?? PUBLIC_API
  return {
    webhookSecret,
    app: readApp({ env, report, secret, address }),
    apiUrl: base,
    webUrl: webUrlOf(base),
  }
}

/**
 * `api.HOST` is the API of `HOST` (github.com, and ghe.com with its subdomains); an Enterprise
 * server has it at `HOST/api/v3`.
 */
export function webUrlOf(apiUrl: string): string {
  const { protocol, host } = new URL(apiUrl)
  return `${protocol}//${host.replace(/^api\./, '')}`
}

function readApp({ env, report, secret }: Reading): GithubApp | null {
  const id = env['GITHUB_APP_ID']?.trim() || null
  if (id !== null && !/^[1-9]\d{0,19}$/.test(id)) {
    report('GITHUB_APP_ID', 'must be the number of the GitHub App, from its settings page')
  }
  const inline = secret('GITHUB_PRIVATE_KEY', wrongKey)
  const file = env['GITHUB_PRIVATE_KEY_FILE']?.trim() || null
  if (env['GITHUB_PRIVATE_KEY'] !== undefined && file !== null) {
    report('GITHUB_PRIVATE_KEY_FILE', 'is set besides GITHUB_PRIVATE_KEY; unset one of them')
  }
  const read = file === null ? null : keyIn(file)
  if (typeof read === 'string') report('GITHUB_PRIVATE_KEY_FILE', read)
  const key = inline ?? (typeof read === 'string' ? null : read)
  const hasKey = env['GITHUB_PRIVATE_KEY'] !== undefined || file !== null
  if (id === null && hasKey) {
    report('GITHUB_APP_ID', 'is missing: the private key belongs to a GitHub App; set its number')
  }
  if (id !== null && !hasKey) {
    report('GITHUB_PRIVATE_KEY', 'is missing: GITHUB_APP_ID needs it, or GITHUB_PRIVATE_KEY_FILE')
  }
  return id === null || key === null ? null : { id, privateKey: secretOf(pem(key.reveal())) }
}

/** Many ways to set a variable allow one line only, and write the others as `\n`. */
const pem = (text: string): string => `${text.replaceAll('\\n', '\n').trim()}\n`

function wrongKey(text: string): string | null {
  try {
    return createPrivateKey(pem(text)).asymmetricKeyType === 'rsa'
      ? null
      : 'must be an RSA key: the one GitHub generated for the App'
  } catch {
    return 'is no private key in PEM form; generate one on the settings page of the GitHub App'
  }
}

/** The key, or what is wrong with the file. */
function keyIn(file: string): Secret | string {
  try {
    const text = readFileSync(file, 'utf8')
    return wrongKey(text) ?? secretOf(text)
  } catch {
    return 'names a file that cannot be read'
  }
}
