/** The app's manifest: well formed, and asking for no more than is used. */
import { readFileSync } from 'node:fs'
import type { AppsManifestValidateArguments } from '@slack/web-api'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const manifest: unknown = parse(readFileSync('manifest.yml', 'utf8'))
const EVENTS = 'https://HOST/slack/events'

/** The compiler knows the scopes and events there are; the file must say the same. */
const EXPECTED = {
  _metadata: { major_version: 2 },
  display_information: {
    name: 'Signalbox',
    description: 'Deploy trains with consent, locks and a way back.',
    background_color: '#1f3a2d',
  },
  features: {
    app_home: {
      home_tab_enabled: true,
      messages_tab_enabled: true,
      messages_tab_read_only_enabled: false,
    },
    bot_user: { display_name: 'Signalbox', always_online: true },
    slash_commands: [
      {
        command: '/deploy',
        url: EVENTS,
        description: 'The board, and everything a train can be told',
        usage_hint: '[PIPELINE | help]',
        should_escape: false,
      },
      {
        command: '/rollback',
        url: EVENTS,
        description: 'Take a release back; shows what it would do first',
        usage_hint: 'PIPELINE [ENVIRONMENT] [to VERSION] [REASON]',
        should_escape: false,
      },
      {
        command: '/lock',
        url: EVENTS,
        description: 'Keep an environment closed, or open it again',
        usage_hint: 'PIPELINE [ENVIRONMENT] REASON [for DURATION]',
        should_escape: false,
      },
    ],
  },
  oauth_config: {
    scopes: {
      bot: [
        'commands',
        'chat:write',
        'channels:history',
        'groups:history',
        'im:write',
        'users:read',
        'users:read.email',
      ],
    },
  },
  settings: {
    event_subscriptions: {
      request_url: EVENTS,
      bot_events: ['app_home_opened', 'team_join', 'user_change'],
    },
    interactivity: { is_enabled: true, request_url: EVENTS },
    org_deploy_enabled: false,
    socket_mode_enabled: false,
    token_rotation_enabled: false,
  },
} satisfies AppsManifestValidateArguments['manifest']

test('the manifest is one that Slack knows', () => {
  expect(manifest).toEqual(EXPECTED)
})

/** https://docs.slack.dev/reference/methods: which scopes a method needs. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.replies': ['channels:history', 'groups:history'],
  'conversations.open': ['im:write'],
  'views.open': [],
  'views.publish': [],
  'users.info': ['users:read', 'users:read.email'],
  'users.list': ['users:read', 'users:read.email'],
  'auth.test': [],
}

test('it asks for the scopes of the methods that are called, and for no other', () => {
  const client = readFileSync('src/slack/client.ts', 'utf8')
  const called = [...client.matchAll(/(?:client|hasty)\.([a-z]+)\.([a-zA-Z]+)\(/g)].map(
    ([, family, name]) => `${family}.${name}`,
  )
  expect(called.filter((name) => NEEDS[name] === undefined)).toEqual([])
  const needed = new Set(['commands', ...called.flatMap((name) => NEEDS[name] ?? [])])
  expect([...needed].sort()).toEqual([...EXPECTED.oauth_config.scopes.bot].sort())
})
