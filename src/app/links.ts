/**
 * Linking people who are not in the file: asked, answered, withdrawn, ended.
 *
 * Invariant: each step is one transaction with its audit row on the system chain. The message in
 * the channel is drawn from the request, never the other way round.
 */
import { randomUUID } from 'node:crypto'
import {
  answerAsk,
  answerEnd,
  answerFor,
  type LinkAnswer,
  type LinkTown,
  type LinkWord,
} from '../core/links.ts'
import type { Actor } from '../core/model.ts'
import type { Person, Policy } from '../core/policy.ts'
import type { Refusal } from '../core/refusal.ts'
import { SYSTEM } from '../core/system.ts'
import { appendAudit, type Written } from '../db/audit.ts'
import {
  answerRequest,
  endLink,
  findLink,
  insertLink,
  insertRequest,
  type LinkRequest,
  lockRequest,
  openRequest,
  recentRequests,
} from '../db/links.ts'
import { putEffect } from '../db/outbox.ts'
import { revokeTokensOf } from '../db/tokens.ts'
import { inTransaction, type Pool, type Tx } from '../db/transaction.ts'
import { laneOf } from './outgoing.ts'

const SYSTEM_CHAIN = 'system'
const ASKED_A_DAY_MAX = 5

export interface Linking {
  readonly pool: Pool
  readonly people: readonly Person[]
  readonly policies: readonly Policy[]
}

/** Who speaks: as whom, and with which account. */
export interface Speaker {
  readonly actor: Actor
  readonly team: string
  readonly member: string
}

export type Linked<T> =
  | { readonly ok: true; readonly it: T }
  | { readonly ok: false; readonly refusal: Refusal }

/** Asks in a channel. What the same account asked before is withdrawn, unless it is the same. */
export function askLink(
  linking: Linking,
  speaker: Speaker,
  asked: { readonly login: string; readonly pipeline: string; readonly channel: string },
): Promise<Linked<LinkRequest>> {
  const { team, member, actor } = speaker
  const { login, pipeline, channel } = asked
  return inTransaction(linking.pool, async (tx) => {
    const answer = answerAsk(townOf(linking), { member, login }, actor)
    if (!answer.ok) return refuse(tx, 'ask', { speaker, ...answer })
    const open = await openRequest(tx, { team, member })
    if (open?.login.toLowerCase() === login.toLowerCase()) return { ok: true, it: open }
    if ((await recentRequests(tx, { team, member })) >= ASKED_A_DAY_MAX) {
      return refuse(tx, 'ask', { speaker, refusal: { code: 'too_many_links' } })
    }
    if (open !== undefined) await settle(tx, open, { speaker, answer: 'withdrawn' })
    const id = randomUUID()
    const at = await nowOf(tx)
    await insertRequest(tx, { id, team, member, login, pipeline, channel, at })
    const written = await record(tx, 'link_asked', { speaker, at, body: { member, login } })
    await redrawRequest(tx, { id, pipeline }, written)
    const it = (await lockRequest(tx, id)) as LinkRequest
    return { ok: true, it }
  })
}

/** Somebody's yes or no, or the asker's own withdrawal. */
export function answerLink(
  linking: Linking,
  speaker: Speaker,
  { id, word }: { readonly id: string; readonly word: LinkWord | 'withdrawn' },
): Promise<Linked<LinkRequest>> {
  return inTransaction(linking.pool, async (tx): Promise<Linked<LinkRequest>> => {
    const request = await lockRequest(tx, id)
    if (request === undefined || request.answer !== null || request.team !== speaker.team) {
      return { ok: false, refusal: { code: 'no_link' } }
    }
    const answer = mayAnswer(linking, { request, speaker, word })
    if (!answer.ok) return refuse(tx, 'answer', { speaker, ...answer })
    if (word === 'confirmed') {
      const { team, member, login } = request
      const by = speaker.actor.name
      const link = { team, member, login, how: 'confirmed', by, at: await nowOf(tx) } as const
      if (!(await insertLink(tx, link))) {
        const taken = { code: 'login_taken', login, by: 'somebody' } as const
        return refuse(tx, 'answer', { speaker, refusal: taken })
      }
      await endTokens(tx, linking, { login, by })
    }
    await settle(tx, request, { speaker, answer: word })
    return { ok: true, it: request }
  })
}

function mayAnswer(
  linking: Linking,
  {
    request,
    speaker,
    word,
  }: {
    readonly request: LinkRequest
    readonly speaker: Speaker
    readonly word: LinkWord | 'withdrawn'
  },
): LinkAnswer {
  const { actor, member: by } = speaker
  if (word !== 'withdrawn') return answerFor(townOf(linking), request, { actor, by, answer: word })
  return by === request.member
    ? { ok: true }
    : { ok: false, refusal: { code: 'not_allowed', permission: 'link' } }
}

/** Ends the link of a login, one's own or as who may link. */
export function endLinkOf(
  linking: Linking,
  speaker: Speaker,
  login: string,
): Promise<Linked<{ readonly member: string; readonly login: string }>> {
  return inTransaction(linking.pool, async (tx) => {
    const { team, actor } = speaker
    const link = await findLink(tx, { team, login })
    if (link === undefined) return { ok: false, refusal: { code: 'no_link' } } as const
    const answer = answerEnd(townOf(linking), link, { actor, by: speaker.member })
    if (!answer.ok) return refuse(tx, 'end', { speaker, ...answer })
    const at = await nowOf(tx)
    const by = actor.name
    const { member } = link
    await endLink(tx, { team, member, login: link.login, by, at })
    await record(tx, 'link_ended', { speaker, at, body: { member, login: link.login } })
    await endTokens(tx, linking, { login: link.login, by })
    return { ok: true, it: { member, login: link.login } } as const
  })
}

/** Links by an address that both profiles show; false: the login or the account is somebody's. */
export function linkByEmail(
  linking: Linking,
  {
    team,
    member,
    login,
  }: { readonly team: string; readonly member: string; readonly login: string },
): Promise<boolean> {
  return inTransaction(linking.pool, async (tx) => {
    const at = await nowOf(tx)
    const how = 'email'
    const speaker = { actor: { name: SYSTEM, kind: 'system', groups: [] } } as const
    if (!(await insertLink(tx, { team, member, login, how, by: SYSTEM, at }))) return false
    await record(tx, 'link_confirmed', { speaker, at, body: { member, login, how } })
    await endTokens(tx, linking, { login, by: SYSTEM })
    return true
  })
}

const townOf = ({ people, policies }: Linking): LinkTown => ({ people, policies })

async function settle(
  tx: Tx,
  request: LinkRequest,
  {
    speaker,
    answer,
  }: { readonly speaker: Speaker; readonly answer: 'confirmed' | 'refused' | 'withdrawn' },
): Promise<void> {
  const at = await nowOf(tx)
  await answerRequest(tx, { id: request.id, answer, by: speaker.actor.name, at })
  const { member, login } = request
  const how = answer === 'confirmed' ? { how: 'confirmed' } : {}
  const type = answer === 'withdrawn' ? 'link_withdrawn' : (`link_${answer}` as const)
  const written = await record(tx, type, { speaker, at, body: { member, login, ...how } })
  await redrawRequest(tx, request, written)
}

/** A token lives by its person's name: nobody inherits one by being linked to that name. */
async function endTokens(
  tx: Tx,
  { people }: Linking,
  { login, by }: { readonly login: string; readonly by: string },
): Promise<void> {
  const same = (text: string | null): boolean => text?.toLowerCase() === login.toLowerCase()
  const isListed = people.some(({ name, github }) => same(name) && !same(github))
  const persons = isListed ? [`github:${login}`] : [login, `github:${login}`]
  for (const { id, person } of await revokeTokensOf(tx, { persons, by })) {
    const at = await nowOf(tx)
    const entry = { type: 'token_revoked', actor: by, at, body: { token: id, person } }
    await appendAudit(tx, SYSTEM_CHAIN, [entry])
  }
}

async function redrawRequest(
  tx: Tx,
  { id, pipeline }: Pick<LinkRequest, 'id' | 'pipeline'>,
  { seq }: Written,
): Promise<void> {
  const effect = { type: 'link', request: id } as const
  const lane = laneOf(pipeline, null, effect)
  await putEffect(tx, { pipeline, train: null, lane, effect, seq, delayMs: 0 })
}

interface Recording {
  readonly speaker: Pick<Speaker, 'actor'>
  readonly at: number
  readonly body: Readonly<Record<string, unknown>>
}

async function record(tx: Tx, type: string, { speaker, at, body }: Recording): Promise<Written> {
  const entry = { type, actor: speaker.actor.name, at, body }
  const [written] = await appendAudit(tx, SYSTEM_CHAIN, [entry])
  if (written === undefined) throw new Error('an audited entry has no row')
  return written
}

async function refuse(
  tx: Tx,
  what: 'ask' | 'answer' | 'end',
  { speaker, refusal }: { readonly speaker: Speaker; readonly refusal: Refusal },
): Promise<{ readonly ok: false; readonly refusal: Refusal }> {
  const body = { command: `${what}_link`, refusal }
  await record(tx, 'refused', { speaker, at: await nowOf(tx), body })
  return { ok: false, refusal }
}

/** The database's clock, in the transaction. */
async function nowOf(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ now: Date }>('SELECT clock_timestamp()::timestamptz(3) AS now')
  return rows[0]?.now.getTime() ?? 0
}
