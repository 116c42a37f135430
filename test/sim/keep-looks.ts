/**
 * What looks at a deployment told, written into the books; and whether it has soaked.
 *
 * Invariant: silence never counts as healthy (I-21): each look is kept as it was told, and not what the
 * core makes of it.
 */
import type { Command } from '../../src/core/command.ts'
import type { Books } from './books.ts'
import { must } from './broken.ts'

/** Each step is looked at anew. */
export function forgetLooks({ healthy, sick, answeredFor, goodSince }: Books, key: string): void {
  healthy.delete(key)
  sick.delete(key)
  answeredFor.delete(key)
  goodSince.delete(key)
}

/** The look itself, as it was told: not what the core makes of it. */
export function noteLook(books: Books, key: string, command: Command): void {
  if (command.type !== 'record_verification') return
  if (command.look.outcome === 'pass') {
    if (!books.healthy.has(key)) books.goodSince.set(key, command.at)
    books.healthy.add(key)
    books.seenAt.set(key, command.at)
    return
  }
  // That good turn is over: whoever answers for it now answers for the whole soak.
  books.healthy.delete(key)
  books.goodSince.delete(key)
  if (command.look.outcome !== 'fail') return
  if (!books.sick.has(key)) books.badSince.set(key, books.clock.now)
  books.sick.add(key)
}

/** Silence never counts as healthy: it was seen to be well, or a person answers for it. */
export function judgeVerified(books: Books, key: string): void {
  const its = books.deployments.get(key)
  const policy = books.policy.environments.find(({ name }) => name === its?.environment)
  const isCompared = its?.isCompared === true
  const isAsked = isCompared || (policy !== undefined && policy.verify.length > 0)
  const word = books.answeredFor.get(key)
  const isSeen = books.sick.has(key)
    ? word === 'sick'
    : books.healthy.has(key) || word !== undefined
  must(!isAsked || isSeen, 'I-21', () => `${key} is verified, and nobody saw that it is healthy`)
  const soakMs = policy?.soakMs ?? 0
  const from = Math.max(
    its?.endedAt ?? 0,
    isAsked && !isCompared ? (books.goodSince.get(key) ?? 0) : 0,
  )
  must(books.clock.now >= from + soakMs, 'I-21', () => `${key} is verified before it has soaked`)
  // Whoever answers for it answers for the rest of its soak as well.
  const last = books.seenAt.get(key) ?? 0
  const isSeenLast = !isAsked || soakMs === 0 || word !== undefined || last >= from + soakMs
  must(isSeenLast, 'I-21', () => `${key} is verified, and nobody looked at the end of its soak`)
}
