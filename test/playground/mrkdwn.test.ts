/** Slack's mrkdwn as the page reads it. */
import { expect, test } from 'vitest'
import { dateText, readMrkdwn } from '../../src/playground/page/mrkdwn.ts'

const text = (words: string) => ({ type: 'text', text: words })

test.each([
  ['a *bold* word', [text('a '), { type: 'bold', spans: [text('bold')] }, text(' word')]],
  ['snake_case_name and 2*3*4', [text('snake_case_name and 2*3*4')]],
  ['*_both_*', [{ type: 'bold', spans: [{ type: 'italic', spans: [text('both')] }] }]],
  ['`*not bold*`', [{ type: 'code', text: '*not bold*' }]],
  ['&lt;!channel&gt;', [text('<!channel>')]],
  ['<@U0ANA>', [{ type: 'user', id: 'U0ANA', text: null }]],
  ['<!channel>', [{ type: 'broadcast', text: '@channel' }]],
  ['<https://a.example|here>', [{ type: 'link', url: 'https://a.example', text: 'here' }]],
  ['<javascript:alert(1)|here>', [text('<javascript:alert(1)|here>')]],
  [
    'see https://a.example/b.',
    [
      text('see '),
      { type: 'link', url: 'https://a.example/b', text: 'https://a.example/b' },
      text('.'),
    ],
  ],
  ['> said', [{ type: 'quote', spans: [text('said')] }]],
  ['one\ntwo', [text('one'), { type: 'break' }, text('two')]],
  ['```a\n*b*```', [{ type: 'block', text: 'a\n*b*' }]],
  [':rocket:', [{ type: 'emoji', name: 'rocket' }]],
])('%s', (mrkdwn, spans) => {
  expect(readMrkdwn(mrkdwn).filter((one) => one.type !== 'text' || one.text !== '')).toEqual(spans)
})

test('a date says today, and an unknown token gives the fallback', () => {
  const now = Date.UTC(2026, 4, 5, 12)
  const date = { type: 'date', seconds: now / 1_000, link: null, fallback: 'then' } as const
  expect(dateText({ ...date, format: '{date_short_pretty}' }, now)).toBe('today')
  expect(dateText({ ...date, format: '{moon}' }, now)).toBe('then')
})
