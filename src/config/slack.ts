/**
 * How Slack is reached: requests to us over HTTP, or a socket that we open.
 *
 * Invariant: whole or absent. A half-set Slack would be silent where people expect it to speak.
 */
import type { Secret } from './secret.ts'

export interface SlackConfig {
  readonly botToken: Secret
  /** Verifies requests over HTTP; null: only the socket is used. */
  readonly signingSecret: Secret | null
  /** Opens the socket (Socket Mode); null: Slack calls us. */
  readonly appToken: Secret | null
  /** Base of the Web API, with a slash at its end. */
  readonly apiUrl: string
}

interface Reading {
  readonly secret: (variable: string, wrong: (value: string) => string | null) => Secret | null
  readonly report: (variable: string, message: string) => void
}

const token =
  (prefix: string, whose: string) =>
  (value: string): string | null =>
    value.startsWith(prefix) && /^[\x21-\x7e]{16,}$/.test(value)
      ? null
      : `must be the ${whose} token of the Slack app, \`${prefix}…\`; copy it again`

/** The Slack settings; null when none is set, or when a problem was reported. */
export function readSlack(env: NodeJS.ProcessEnv, { secret, report }: Reading): SlackConfig | null {
  const isSet = (variable: string): boolean => env[variable] !== undefined
  const botToken = secret('SLACK_BOT_TOKEN', token('xoxb-', 'bot'))
  const signingSecret = secret('SLACK_SIGNING_SECRET', (value) =>
    /^[\x21-\x7e]{16,}$/.test(value)
      ? null
      : 'must be at least 16 printable characters; copy it from the app’s Basic Information',
  )
  const appToken = secret('SLACK_APP_TOKEN', token('xapp-', 'app-level'))
  const apiUrl = env['SLACK_API_URL']?.trim() || 'https://slack.com/api/'
  const isAddress = URL.canParse(apiUrl) && /^https?:$/.test(new URL(apiUrl).protocol)
  if (!isAddress) report('SLACK_API_URL', 'must be an http(s) address')

  const receives = isSet('SLACK_SIGNING_SECRET') || isSet('SLACK_APP_TOKEN')
  if (botToken !== null && !receives) {
    report(
      'SLACK_SIGNING_SECRET',
      'is missing: with SLACK_BOT_TOKEN set, set it too, or SLACK_APP_TOKEN for Socket Mode',
    )
  }
  if (!isSet('SLACK_BOT_TOKEN') && (signingSecret !== null || appToken !== null)) {
    report('SLACK_BOT_TOKEN', 'is missing: the other Slack variables are of no use without it')
  }
  if (botToken === null || !isAddress) return null
  return { botToken, signingSecret, appToken, apiUrl: apiUrl.replace(/\/*$/, '/') }
}
