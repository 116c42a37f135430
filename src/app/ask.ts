/**
 * What GitHub's API adds to a delivery: parents, paths, lines, who merged, checks.
 *
 * Invariant: it only adds. Who pushed is known from the push alone, so the delivery's word on that
 * outlives the API's silence.
 */
import type { Account, Branch, Described, Outline } from '../github/account.ts'
import type { Heard, HeardChange } from '../github/heard.ts'
import type { Observer } from './observe.ts'

/** Asks for everything a delivery leaves open, and records the answers. */
export async function ask(observer: Observer, account: Account, heard: Heard): Promise<void> {
  switch (heard.kind) {
    case 'merge':
      await askOne(observer, account, heard)
      return askChecks(observer, account, heard.repository, heard.change.sha)
    case 'push':
    case 'force_push':
      await askRange(observer, account, heard)
      return askChecks(observer, account, heard.repository, heard.change.sha)
    case 'look':
      if (await observer.knows(heard.repository, heard.sha)) {
        await askChecks(observer, account, heard.repository, heard.sha)
      }
      return
    case 'pull':
    case 'check':
      return
  }
}

async function askOne(
  observer: Observer,
  account: Account,
  heard: Branch & { readonly change: HeardChange },
): Promise<void> {
  const outline = await account.outline(heard, heard.change.sha)
  await observer.change(heard, await told(account, heard, outline))
}

async function askRange(
  observer: Observer,
  account: Account,
  heard: Extract<Heard, { readonly kind: 'push' | 'force_push' }>,
): Promise<void> {
  const { before, change } = heard
  const range = before === null ? null : await account.range(heard, { before, after: change.sha })
  if (range === null) return askOne(observer, account, heard)
  const gone = range.gone.filter((sha) => sha !== before)
  if (gone.length > 0) {
    const { author: by, sha: head, mergedAt: at } = change
    await observer.forcePush(heard, { by, head, at, gone })
  }
  for (const outline of range.changes) {
    await observer.change(heard, await told(account, heard, outline))
  }
}

/** A direct push belongs to its pusher; a commit's author line is nobody's word. */
async function told(
  account: Account,
  heard: Branch & { readonly change: HeardChange },
  outline: Outline,
): Promise<Described> {
  const described = await account.describe(heard, outline)
  if (described.number !== null || heard.change.number !== null) return described
  return { ...described, author: heard.change.author, mergedAt: heard.change.mergedAt }
}

export async function askChecks(
  observer: Observer,
  account: Account,
  repository: string,
  sha: string,
): Promise<void> {
  for (const check of await account.checks(repository, sha)) {
    await observer.check(repository, check)
  }
}
