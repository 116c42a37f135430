/**
 * Who presses: members kept up to date, and the one look-up on a request's path.
 *
 * Invariant: default deny. Without knowing the home workspace or the member, nobody acts.
 */
import type { Logger } from 'pino'
import type { Actor } from '../core/model.ts'
import type { Person } from '../core/policy.ts'
import { findMember, homeWorkspace, saveHomeWorkspace, saveMembers } from '../db/slack-people.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import type { SlackApi } from '../slack/client.ts'
import { SlackFault } from '../slack/fault.ts'
import type { Sender } from '../slack/inbound.ts'
import {
  actorBehind,
  memberOf,
  type SlackMember,
  type TurnedAway,
  type UserObject,
  whyNot,
} from '../slack/member.ts'

export interface MemberParts {
  readonly pool: Pool
  readonly slack: SlackApi
  /** Whom the configuration names now: a reload may change them. */
  readonly people: () => readonly Person[]
  readonly log: Logger
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>
}

export type Identified =
  | { readonly ok: true; readonly actor: Actor }
  | { readonly ok: false; readonly why: TurnedAway }

export interface Members {
  readonly identify: (sender: Sender) => Promise<Identified>
  readonly heard: (user: UserObject) => Promise<void>
  /** Learns the workspace and all of its members once; tries again until `signal` aborts. */
  readonly learn: (signal: AbortSignal) => Promise<void>
}

const AGAIN_MS_MAX = 60_000

export function createMembers(parts: MemberParts): Members {
  const { pool, people } = parts
  return {
    identify: async ({ team, user }) => {
      const home = await inTransaction(pool, homeWorkspace)
      if (home === null) return { ok: false, why: 'unknown' }
      if (team !== home.team) return { ok: false, why: 'foreigner' }
      const known = await inTransaction(pool, (tx) => findMember(tx, home.team, user))
      const member = known ?? (await asked(parts, home.team, user))
      if (member === undefined) return { ok: false, why: 'unknown' }
      const why = whyNot(member)
      return why === null ? { ok: true, actor: actorBehind(people(), member) } : { ok: false, why }
    },
    heard: (user) =>
      inTransaction(pool, async (tx) => {
        const home = await homeWorkspace(tx)
        const member = home === null ? undefined : memberOf(user, home.team)
        if (member !== undefined) await saveMembers(tx, [member])
      }),
    learn: (signal) => learn(parts, signal),
  }
}

/** Asks Slack about somebody never seen; undefined: no answer in time. */
async function asked(
  { pool, slack, log }: MemberParts,
  home: string,
  id: string,
): Promise<SlackMember | undefined> {
  try {
    const member = memberOf(await slack.user(id), home)
    if (member === undefined || member.id !== id) return undefined
    await inTransaction(pool, (tx) => saveMembers(tx, [member]))
    return member
  } catch (fault) {
    if (!(fault instanceof SlackFault)) throw fault
    log.warn({ err: fault, member: id }, 'Slack did not say who a member is')
    return undefined
  }
}

async function learn(parts: MemberParts, signal: AbortSignal): Promise<void> {
  const { pool, slack, log, rest } = parts
  let cursor: string | null = null
  let home: string | null = null
  for (let failed = 0; !signal.aborted; ) {
    try {
      if (home === null) {
        const workspace = await slack.workspace()
        await inTransaction(pool, (tx) => saveHomeWorkspace(tx, workspace))
        home = workspace.team
      }
      const { users, next } = await slack.users(cursor)
      const team = home
      const members = users.flatMap((user) => memberOf(user, team) ?? [])
      await inTransaction(pool, (tx) => saveMembers(tx, members))
      if (next === null) return
      cursor = next
      failed = 0
    } catch (fault) {
      failed += 1
      if (failed === 1) log.warn({ err: fault }, 'the members could not be read; trying again')
      const asked = fault instanceof SlackFault ? fault.retryAfterMs : 0
      await rest(Math.max(asked, Math.min(AGAIN_MS_MAX, 500 * 2 ** failed)), signal)
    }
  }
}
