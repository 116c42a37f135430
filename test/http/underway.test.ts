/** A stop waits for what is being answered, and not for ever. */
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { createUnderway } from '../../src/http/underway.ts'

function slow() {
  const underway = createUnderway()
  const app = new Hono()
  let answer = (): void => undefined
  app.use(underway.count)
  app.get('/', async (c) => {
    await new Promise<void>((resolve) => {
      answer = resolve
    })
    return c.text('done')
  })
  return { underway, app, answer: () => answer() }
}

test('nothing is under way before the first request', async () => {
  expect(await createUnderway().over(0)).toBe(true)
})

test('a request under way is waited for', async () => {
  const { underway, app, answer } = slow()
  const asked = app.request('/')
  const over = underway.over(10_000)
  answer()
  expect(await over).toBe(true)
  expect(await (await asked).text()).toBe('done')
})

test('a request that does not end is given up, and said', async () => {
  const { underway, app, answer } = slow()
  const asked = app.request('/')
  expect(await underway.over(20)).toBe(false)
  answer()
  await asked
})
