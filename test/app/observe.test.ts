import { expect, test } from 'vitest'
import { changeFor } from '../../src/app/observe.ts'
import { mergeChanges } from '../../src/core/answers/record.ts'
import { people as plain, sha } from '../world/policy.ts'

const people = plain.map((one) => ({ ...one, email: `${one.name}@example.com` }))

test('whoever merged a change they helped to write stays one of its writers', () => {
  const facts = { sha: sha('a'), title: 'A', mergedAt: 1, parent: null, lines: null, paths: null }
  const open = { ...facts, labels: [], reverts: null }
  const byPush = { ...open, number: null, author: 'bob', mergedBy: null }
  const byPull = { ...open, number: 7, author: 'ana', mergedBy: 'bob' }
  const pushed = changeFor(people, { ...byPush, coAuthorEmails: ['bob@example.com'] })
  const merged = changeFor(people, { ...byPull, coAuthorEmails: [] })
  expect(mergeChanges(pushed, merged)).toMatchObject({ author: 'ana', coAuthors: ['bob'] })
})
