/**
 * Slack's requests through a socket that we open (Socket Mode), for installations nobody can call.
 *
 * Invariant: the same listeners as over HTTP; only the way in differs.
 */
import { type Receiver, SocketModeReceiver } from '@slack/bolt'
import type { Logger as SlackLogger } from '@slack/logger'

export function createSocket(options: {
  readonly appToken: string
  readonly apiUrl: string
  readonly log: SlackLogger
}): Receiver {
  return new SocketModeReceiver({
    appToken: options.appToken,
    logger: options.log,
    installerOptions: { clientOptions: { slackApiUrl: options.apiUrl } },
    // Not acknowledged: Slack may deliver it again, and a repeat acts once.
    processEventErrorHandler: async () => false,
  })
}
