/** A stop waits for what is being answered, and not for ever. */
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { countAnswers } from '../../src/http/server.ts'

function slow() {
  const app = new Hono()
  let answer = (): void => undefined
  app.get('/', async (c) => {
    await new Promise<void>((resolve) => {
      answer = resolve
    })
    return c.text('done')
  })
  return { answers: countAnswers(app), answer: () => answer() }
}

const request = new Request('http://localhost/')

test('nothing is waited for before the first request', async () => {
  await slow().answers.finished(60_000)
})

test('an answer under way is waited for', async () => {
  const { answers, answer } = slow()
  const asked = answers.fetch(request)
  let isOver = false
  const over = answers.finished(60_000).then(() => {
    isOver = true
  })
  await new Promise((turn) => setImmediate(turn))
  expect(isOver).toBe(false)
  answer()
  await over
  expect(await (await asked).text()).toBe('done')
})

test('an answer that does not end is given up', async () => {
  const { answers, answer } = slow()
  const asked = answers.fetch(request)
  await answers.finished(20)
  answer()
  await asked
})
