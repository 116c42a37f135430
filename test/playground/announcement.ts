/** A message of the kind the bot posts, with every block that the page must draw. */
import type { KnownBlock } from '@slack/web-api'

const plain = (text: string) => ({ type: 'plain_text', text, emoji: true }) as const
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text }) as const

export const ANNOUNCEMENT: readonly KnownBlock[] = [
  { type: 'header', text: plain('🚂  Train #42 · shop · departed') },
  {
    type: 'section',
    text: mrkdwn(
      'Waiting for *<@U0ANA> and <@U0BOB>* before production, <!date^1795249000^since {time}|since a while>',
    ),
    accessory: {
      type: 'overflow',
      action_id: 'more',
      options: [
        { text: plain('Hold the train'), value: 'hold' },
        { text: plain('Roll back'), value: 'rollback' },
      ],
      confirm: {
        title: plain('Are you sure?'),
        text: mrkdwn('This holds *train #42*.'),
        confirm: plain('Hold it'),
        deny: plain('Not now'),
      },
    },
  },
  { type: 'divider' },
  {
    type: 'section',
    fields: [mrkdwn('✅ *staging*\n3m40s'), mrkdwn('⏳ *production*\nwaits for words')],
  },
  { type: 'divider' },
  {
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_list',
        style: 'bullet',
        elements: [
          {
            type: 'rich_text_section',
            elements: [
              { type: 'link', url: 'https://example.com/12', text: '#12' },
              { type: 'text', text: ' Cache the price list · ' },
              { type: 'user', user_id: 'U0ANA' },
            ],
          },
          {
            type: 'rich_text_section',
            elements: [
              { type: 'text', text: '#13 <!channel> *FREE* · ' },
              { type: 'user', user_id: 'U0BOB' },
            ],
          },
        ],
      },
    ],
  },
  {
    type: 'context',
    elements: [mrkdwn('compare `a1b2c3d…f9e8d7c` · 2 changes · oldest merged 26 min ago')],
  },
  {
    type: 'actions',
    block_id: 'words',
    elements: [
      {
        type: 'button',
        action_id: 'train.consent',
        text: plain('Good to go'),
        style: 'primary',
        value: '42',
      },
      { type: 'button', action_id: 'train.hold', text: plain('Hold'), value: '42' },
      {
        type: 'button',
        action_id: 'train.rollback',
        text: plain('Roll back'),
        style: 'danger',
        value: '42',
        confirm: {
          title: plain('Roll back production?'),
          text: plain('Everybody aboard is told.'),
          confirm: plain('Roll back'),
          deny: plain('Cancel'),
          style: 'danger',
        },
      },
      {
        type: 'static_select',
        action_id: 'pick',
        placeholder: plain('Environment'),
        options: [
          { text: plain('staging'), value: 'staging' },
          { text: plain('production'), value: 'production' },
        ],
      },
    ],
  },
]
