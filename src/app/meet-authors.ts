/**
 * Authors nobody is linked to, met by the e-mail address that GitHub and Slack both show.
 *
 * Invariant: only an address that GitHub shows to everybody counts, for it shows verified ones
 * alone. Whoever the file names is never linked beside it.
 */
import type { Logger } from 'pino'
import { saveProfile, sharedEmails, unmetLogins } from '../db/github-profiles.ts'
import type { Configured } from '../db/load.ts'
import { homeWorkspace } from '../db/slack-people.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import type { Account } from '../github/account.ts'
import { GithubBusy } from '../github/busy.ts'
import { personBehind } from '../slack/member.ts'
import { linkByEmail } from './links.ts'
import type { Observer } from './observe.ts'

export interface Meeting {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  readonly observer: Pick<Observer, 'followed'>
  readonly account: Pick<Account, 'profile'>
  readonly log: Logger
}

/** So many are asked about at each look. */
const AT_ONCE = 20

/** Asks GitHub about unknown authors, then links whoever Slack knows by the same address. */
export async function meetAuthors(meeting: Meeting): Promise<void> {
  const { pool, pipelines, log } = meeting
  // Without a workspace there is nobody to compare with.
  if ((await inTransaction(pool, homeWorkspace)) === null) return
  try {
    await askAbout(meeting)
  } finally {
    const all = [...pipelines.values()]
    const people = all[0]?.people ?? []
    const policies = all.map(({ policy }) => policy)
    for (const { team, member, login, email } of await inTransaction(pool, sharedEmails)) {
      const isOwned = people.some(({ github }) => github?.toLowerCase() === login.toLowerCase())
      if (isOwned || personBehind(people, { id: member, email }) !== undefined) continue
      if (await linkByEmail({ pool, people, policies }, { team, member, login })) {
        log.info({ login, member }, 'linked a GitHub login by its e-mail address')
      }
    }
  }
}

async function askAbout({ pool, pipelines, observer, account }: Meeting): Promise<void> {
  const followed = observer.followed()
  const [first] = followed
  if (first === undefined) return
  const people = [...pipelines.values()][0]?.people ?? []
  const known = people.flatMap(({ github }) => github?.toLowerCase() ?? [])
  const repositories = followed.map(({ repository }) => repository)
  const logins = await inTransaction(pool, (tx) =>
    unmetLogins(tx, { repositories, known, limit: AT_ONCE }),
  )
  const faults: unknown[] = []
  for (const login of logins) {
    try {
      const profile = await account.profile(first.github.repository, login)
      const it = profile?.login.toLowerCase() === login.toLowerCase() ? profile : null
      await inTransaction(pool, (tx) => saveProfile(tx, it ?? { login, email: null }))
    } catch (fault) {
      // One login's trouble keeps no other waiting; asked to be left alone, we are silent.
      if (fault instanceof GithubBusy) throw fault
      faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
}
