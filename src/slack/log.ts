/**
 * Slack's libraries log through ours.
 *
 * Invariant: their chatter is ours one level lower, and no payload is repeated.
 */
import { LogLevel, type Logger as SlackLogger } from '@slack/logger'
import type { Logger } from 'pino'

export function slackLogger(log: Logger): SlackLogger {
  const say = (parts: readonly unknown[]): string =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ')
  return {
    debug: () => {},
    info: (...parts) => log.debug(say(parts)),
    warn: (...parts) => log.info(say(parts)),
    error: (...parts) => log.warn(say(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  }
}
