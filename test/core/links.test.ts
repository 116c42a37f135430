/** Who is linked beside the file, under which name, and who may link them. */
import { describe, expect, test } from 'vitest'
import {
  answerAsk,
  answerEnd,
  answerFor,
  type LinkTown,
  linkedPeople,
  reservedNames,
} from '../../src/core/links.ts'
import type { Actor } from '../../src/core/model.ts'
import type { Person } from '../../src/core/policy.ts'
import { policy } from '../world/policy.ts'

const person = (name: string, over: Partial<Person> = {}): Person => ({
  name,
  slack: `U0${name.toUpperCase()}`,
  github: name,
  email: null,
  groups: [],
  active: true,
  ...over,
})

const FILE = [person('ana'), person('dee', { groups: ['sre'] })]
const granting = policy({
  permissions: { ...policy().permissions, link: ['sre'], lock: ['robot'] },
})
const account = (id: string, over = {}) => ({ id, email: null, active: true, ...over })

const linked = (login: string, file: readonly Person[] = FILE): readonly Person[] =>
  linkedPeople(file, {
    links: [{ member: 'U0EVE', login }],
    accounts: [account('U0EVE')],
    reserved: reservedNames(file, [granting]),
  }).slice(file.length)

describe('a linked login', () => {
  test('is a person of that name, in no group', () => {
    expect(linked('Eve')).toEqual([person('Eve', { slack: 'U0EVE' })])
  })

  test.each(['sre', 'SRE', 'robot', 'signalbox', 'everyone'])(
    'that is called %s gains nothing by its name',
    (login) => {
      expect(linked(login)[0]).toMatchObject({ name: `github:${login}`, github: login })
    },
  )

  test('never shares the name of a person who has another login', () => {
    const file = [person('ana', { github: 'ana-of-acme' })]
    expect(linked('ana', file)[0]?.name).toBe('github:ana')
  })

  test('gives way to the file, by login, by account and by e-mail', () => {
    expect(linked('ANA')).toEqual([])
    expect(linked('other', [person('eve')])).toEqual([])
    const byMail = [person('bob', { slack: null, email: 'Bob@example.com' })]
    const met = linkedPeople(byMail, {
      links: [{ member: 'U0EVE', login: 'eve' }],
      accounts: [account('U0EVE', { email: 'bob@example.com' })],
      reserved: new Set(),
    })
    expect(met.map(({ name }) => name)).toEqual(['bob'])
  })

  test('of an account that is inactive, or that nobody knows, is inactive', () => {
    const links = [
      { member: 'U0GONE', login: 'gus' },
      { member: 'U0WHO', login: 'who' },
    ]
    const accounts = [account('U0GONE', { active: false })]
    const met = linkedPeople([], { links, accounts, reserved: new Set() })
    expect(met.map(({ active }) => active)).toEqual([false, false])
  })
})

test('somebody of the file is active until Slack says otherwise', () => {
  const links = { links: [], reserved: new Set<string>() }
  const of = (accounts: readonly ReturnType<typeof account>[]) =>
    linkedPeople(FILE, { ...links, accounts })[0]?.active
  expect(of([])).toBe(true)
  expect(of([account('U0ANA', { active: false })])).toBe(false)
})

const town: LinkTown = { people: FILE, policies: [granting] }
const stranger: Actor = { name: 'slack:U0EVE', kind: 'person', groups: [] }
const dee: Actor = { name: 'dee', kind: 'person', groups: ['sre'] }
const ana: Actor = { name: 'ana', kind: 'person', groups: [] }
const EVE = { member: 'U0EVE', login: 'eve' }

const code = (answer: { ok: boolean; refusal?: { code: string } }): string =>
  answer.refusal?.code ?? 'ok'

describe('asking', () => {
  test('is for whoever belongs to nobody, with a login that belongs to nobody', () => {
    expect(code(answerAsk(town, EVE, stranger))).toBe('ok')
    expect(code(answerAsk(town, { ...EVE, login: 'Ana' }, stranger))).toBe('login_taken')
    expect(code(answerAsk(town, EVE, ana))).toBe('linked_already')
  })

  test('is refused where nobody may confirm, for a link counts in every pipeline', () => {
    const other = policy({ pipeline: 'web' })
    const answer = answerAsk({ ...town, policies: [granting, other] }, EVE, stranger)
    expect(answer).toMatchObject({ refusal: { code: 'nobody_confirms', pipelines: ['web'] } })
  })
})

describe('confirming', () => {
  const answer = (actor: Actor, by: string, over: Partial<LinkTown> = {}, asked = EVE): string =>
    code(answerFor({ ...town, ...over }, asked, { actor, by, answer: 'confirmed' }))

  test('is for linked people with the permission, and never for oneself', () => {
    expect(answer(dee, 'U0DEE')).toBe('ok')
    expect(answer(ana, 'U0ANA')).toBe('not_allowed')
    expect(answer(stranger, 'U0BOB')).toBe('not_linked')
    expect(answer(dee, 'U0EVE')).toBe('own_link')
  })

  test('needs an active account even where everyone may', () => {
    const open = {
      ...granting,
      permissions: { ...granting.permissions, link: 'everyone' } as const,
    }
    expect(answer(stranger, 'U0BOB', { policies: [open] })).toBe('not_linked')
    const people = [person('dee', { active: false })]
    expect(answer(dee, 'U0DEE', { policies: [open], people })).toBe('not_active')
  })

  test('is refused once the login or the account belongs to somebody', () => {
    const people = [...FILE, person('eve', { slack: 'U0OTHER' })]
    expect(answer(dee, 'U0DEE', { people })).toBe('login_taken')
    expect(answer(dee, 'U0DEE', { people: [...FILE, person('x', { slack: 'U0EVE' })] })).toBe(
      'linked_already',
    )
  })
})

test('a link is ended by its own person, or by who may link', () => {
  expect(code(answerEnd(town, EVE, { actor: stranger, by: 'U0EVE' }))).toBe('ok')
  expect(code(answerEnd(town, EVE, { actor: dee, by: 'U0DEE' }))).toBe('ok')
  expect(code(answerEnd(town, EVE, { actor: ana, by: 'U0ANA' }))).toBe('not_allowed')
})
