/**
 * What the app's manifest asks Slack for: its commands and the events it subscribes to.
 *
 * Invariant: the stand-in offers what the manifest names and nothing else, as Slack would.
 */
import { parse } from 'yaml'
import { isList, isRecord, textOf } from './json.ts'

export interface Manifest {
  readonly commands: readonly {
    readonly command: string
    readonly description: string
    readonly usage: string
    readonly escapes: boolean
  }[]
  readonly events: readonly string[]
}

export function readManifest(text: string): Manifest {
  const document: unknown = parse(text)
  const at = (...path: readonly string[]): unknown =>
    path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), document)
  const commands = at('features', 'slash_commands')
  const events = at('settings', 'event_subscriptions', 'bot_events')
  return {
    commands: (isList(commands) ? commands : []).filter(isRecord).map((one) => ({
      command: textOf(one['command']) ?? '',
      description: textOf(one['description']) ?? '',
      usage: textOf(one['usage_hint']) ?? '',
      escapes: one['should_escape'] === true,
    })),
    events: (isList(events) ? events : []).map(String),
  }
}
