/** Emoji on the page: as in Slack, they look the same on every machine. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EMOJI } from '../../src/playground/page/emoji.ts'

const css = readFileSync('src/playground/page/emoji.css', 'utf8')
/** Shown as text: an arrow in a label. */
const AS_TEXT = ['↗']

test('every emoji that a message can hold has its picture', () => {
  const files = readdirSync('src/slack', { recursive: true, encoding: 'utf8' })
  const sources = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(`src/slack/${file}`, 'utf8'))
  const used = [...sources.join('').matchAll(/\p{Extended_Pictographic}/gu)].map(([sign]) => sign)
  const all = new Set([...used, ...Object.values(EMOJI).map((sign) => [...sign][0] ?? '')])
  const missing = [...all].filter(
    (sign) => !AS_TEXT.includes(sign) && !css.includes(`.e-${sign.codePointAt(0)?.toString(16)} {`),
  )
  expect(missing).toEqual([])
})
