/** A pipeline that ships a part of a monorepo, and what the channel sees of changes to the others. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Change } from '../../src/core/model.ts'
import { change } from '../world/policy.ts'
import { ANA, EdgeTown } from './edge-town.ts'

let town: EdgeTown
let now: number

beforeEach(async () => {
  now = Date.now()
  town = await EdgeTown.open({ clock: () => now, paths: ['api/**'] })
})
afterEach(() => town.close())

const one = (paths: Change['paths']): Change =>
  change('one', { title: 'One', mergedAt: now - 60_000, paths })

const told = (its: Change) => town.act({ type: 'record_change', change: its })

const shown = (): string => JSON.stringify(town.root().blocks)

test('a change of another part is never announced, though its paths are told later', async () => {
  await told(one(null))
  await town.relay.drain()
  await told(one(['till/rules.mjs']))
  await town.settle()
  expect(town.slack.roots()).toEqual([])
})

test('a change whose paths nobody ever tells is announced all the same', async () => {
  await told(one(null))
  await town.relay.drain()
  expect(town.slack.roots()).toEqual([])
  now += 15_000
  await town.settle()
  expect(shown()).toContain('One')
})

test('a change of this part is announced at once', async () => {
  await told(one(['api/list.mjs']))
  await town.relay.drain()
  expect(shown()).toContain('One')
})

test('what turns out to be of another part is taken off the announcement', async () => {
  await told(one(null))
  now += 15_000
  await town.settle()
  await told(one(['till/rules.mjs']))
  await town.settle()
  expect(shown()).not.toContain('One')
  expect(shown()).toContain('Nobody is aboard;')
  expect(shown()).not.toContain('train.depart')
})

test('changes of other parts in between are not listed among those aboard', async () => {
  await told(one(['api/list.mjs']))
  const parent = one(null).sha
  await told(change('two', { title: 'Two', mergedAt: now, parent, paths: ['till/rules.mjs'] }))
  await town.settle()
  expect(shown()).toContain('One')
  expect(shown()).not.toContain('Two')
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  expect(shown()).not.toContain('Two')
})

test('nor is the next change of another part, long after the train has opened', async () => {
  await told(one(['till/rules.mjs']))
  await town.settle()
  now += 3_600_000
  const parent = one(null).sha
  const two = (paths: Change['paths']) =>
    told(change('two', { title: 'Two', mergedAt: now, parent, paths }))
  await two(null)
  await town.relay.drain()
  await two(['till/rules.mjs'])
  await town.settle()
  expect(town.slack.roots()).toEqual([])
})
