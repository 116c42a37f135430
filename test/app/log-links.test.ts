/** Links to logs: one run each. */
import { expect, test } from 'vitest'
import { createLogLinks } from '../../src/app/log-links.ts'

const links = createLogLinks('a key of the tests', 'https://box.example.com')
const sealIn = (address: string): string => new URL(address).searchParams.get('seal') ?? ''

test('a link opens its own run’s log and no other', () => {
  const address = links.of('api-1-production-forward-1')
  expect(address).toContain('https://box.example.com/api/v1/runs/api-1-production-forward-1/log?')
  const seal = sealIn(address)
  expect(links.opens('api-1-production-forward-1', seal)).toBe(true)
  expect(links.opens('api-1-production-forward-2', seal)).toBe(false)
  expect(links.of('api-1-production-forward-1')).toBe(address)
})

test('no seal, a cut one or another installation’s opens nothing', () => {
  const run = 'api-1-production-forward-1'
  const seal = sealIn(links.of(run))
  const elsewhere = sealIn(createLogLinks('another key', 'https://box.example.com').of(run))
  for (const wrong of [
    undefined,
    '',
    seal.slice(0, -1),
    `${seal}A`,
    seal.toUpperCase(),
    elsewhere,
  ]) {
    expect(links.opens(run, wrong)).toBe(false)
  }
})
