/**
 * How slash commands are read: the grammar's forms, its defaults, and the typos that must not act.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Known, parse } from '../../../src/slack/words/grammar.ts'
import { GRAMMAR } from '../../../src/slack/words/slash-table.ts'

const known: Known = {
  pipelines: new Map([
    ['api', { environments: ['staging', 'production'] }],
    ['web', { environments: ['qa', 'production'] }],
  ]),
  here: null,
}

const here: Known = { ...known, here: 'api' }

const deploy = (text: string, where = known) => parse('/deploy', text, where)
const lock = (text: string, where = known) => parse('/lock', text, where)
const rollback = (text: string, where = known) => parse('/rollback', text, where)

const lockOf = (environment: string | null, reason: string, forMs: number | null = null) => ({
  do: 'command',
  pipeline: 'api',
  command: { type: 'lock', id: '', environment, reason, forMs, takeOver: false },
})

const suggestion = (read: ReturnType<typeof parse>): string | null =>
  read.do === 'misread' ? read.suggestion : `acted: ${read.do}`

describe('The grammar', () => {
  it.each(GRAMMAR.map((row) => [`${row.slash} ${row.example}`, row] as const))(
    'reads its own example: %s',
    (_, { slash, example }) => {
      expect(parse(slash, example, known).do).not.toBe('misread')
    },
  )

  it('never throws, and never acts on a pipeline there is not', () => {
    const words = fc.constantFrom(
      'api',
      'apo',
      'production',
      'release',
      'for',
      '2h',
      'to',
      '"',
      '!',
      '@x',
      'api!',
      'all',
      'stop',
      'x',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words).map((all) => all.join(' ')),
    )
    fc.assert(
      fc.property(fc.constantFrom('/deploy', '/lock', '/rollback'), text, (slash, typed) => {
        const read = parse(slash, typed, known)
        if ('pipeline' in read && read.pipeline !== null)
          expect(['api', 'web']).toContain(read.pipeline)
      }),
    )
  })
})

describe('/deploy', () => {
  it('alone is the board, wherever it is typed', () => {
    expect(deploy('')).toEqual({ do: 'board' })
    expect(deploy('  ', here)).toEqual({ do: 'board' })
  })

  it('of a pipeline closes the doors, also with a capital letter', () => {
    const command = { type: 'depart', train: null, ref: null, environment: null, plan: null }
    expect(deploy('api')).toEqual({ do: 'command', pipeline: 'api', command })
    expect(deploy('Api')).toEqual({ do: 'command', pipeline: 'api', command })
  })

  it('of a misspelt pipeline or verb suggests, and does nothing', () => {
    expect(suggestion(deploy('apo'))).toBe('/deploy api')
    expect(suggestion(deploy('statsu api'))).toBe('/deploy status api')
    expect(suggestion(deploy('stop apo broken'))).toBe('/deploy stop api broken')
    expect(suggestion(deploy('production'))).toBe('/deploy help')
  })

  it('with more words behind the pipeline does nothing', () => {
    expect(suggestion(deploy('api production'))).toBe('/deploy api')
    expect(suggestion(deploy('api ! fire'))).toBe('/deploy api! fire')
  })

  it('at a reference asks for a special train, up to an environment', () => {
    expect(deploy('api@hotfix/price to staging')).toEqual({
      do: 'special',
      pipeline: 'api',
      ref: 'hotfix/price',
      environment: 'staging',
    })
    expect(deploy('@v1.2', here)).toMatchObject({ do: 'special', pipeline: 'api', ref: 'v1.2' })
    expect(suggestion(deploy('api@v1 to stagin'))).toBe('/deploy api@v1 to staging')
    expect(suggestion(deploy('api@v1 production'))).toBe('/deploy api@v1 to production')
  })

  it('with a ! breaks the glass, for listed gates or by default', () => {
    const glass = (gates: readonly string[], reason: string) => ({
      do: 'command',
      pipeline: 'api',
      command: { type: 'break_glass', train: null, environment: null, gates, reason },
    })
    expect(deploy('api! the site is down')).toEqual(glass([], 'the site is down'))
    expect(deploy('api! checks,lock fire')).toEqual(glass(['checks', 'lock'], 'fire'))
    expect(deploy('api! "lock is stale"')).toEqual(glass([], 'lock is stale'))
    expect(suggestion(deploy('api!'))).toBe('/deploy api! REASON')
    expect(suggestion(deploy('api! checks,lok fire'))).toBe('/deploy api! checks,lock fire')
    expect(suggestion(deploy('api! chekcs fire'))).toBe('/deploy api! checks fire')
  })

  it('looks without a pipeline where the channel has one, else at nothing in particular', () => {
    expect(deploy('why', here)).toEqual({ do: 'why', pipeline: 'api' })
    expect(deploy('status')).toEqual({ do: 'status', pipeline: null })
    expect(deploy('history web', here)).toEqual({ do: 'history', pipeline: 'web' })
  })

  it('stops, resumes and cancels with a reason only, and retries without', () => {
    const stop = { do: 'command', pipeline: 'api', command: { type: 'stop', reason: 'smoke' } }
    expect(deploy('stop api smoke')).toEqual(stop)
    expect(deploy('stop smoke', here)).toEqual(stop)
    expect(suggestion(deploy('stop api'))).toBe('/deploy stop api REASON')
    expect(deploy('retry api')).toMatchObject({ command: { type: 'retry', reason: null } })
  })

  it('links a login, and nothing that is none', () => {
    expect(deploy('link @ana-b')).toEqual({ do: 'link', login: 'ana-b' })
    expect(deploy('link')).toEqual({ do: 'link', login: null })
    expect(suggestion(deploy('link two words'))).toBe('/deploy link LOGIN')
  })
})

describe('/lock', () => {
  it('keeps a pipeline or an environment closed, for a reason', () => {
    expect(lock('api migration under way')).toEqual(lockOf(null, 'migration under way'))
    expect(lock('api production migration')).toEqual(lockOf('production', 'migration'))
    expect(lock('production migration', here)).toEqual(lockOf('production', 'migration'))
    expect(suggestion(lock('api production'))).toBe('/lock api production REASON')
  })

  it('reads a duration at the end alone', () => {
    expect(lock('api migration for 2h')).toEqual(lockOf(null, 'migration', 7_200_000))
    expect(lock('api wait for 2h until it is done')).toEqual(
      lockOf(null, 'wait for 2h until it is done'),
    )
    expect(lock('api wait for bob')).toEqual(lockOf(null, 'wait for bob'))
    expect(lock('api "wait for 2h"')).toEqual(lockOf(null, 'wait for 2h'))
    expect(suggestion(lock('api migration for 2hours'))).toBe('/lock api migration for 2h')
    expect(suggestion(lock('api for 2h'))).toBe('/lock api REASON for 2h')
  })

  it('releases by its last word alone, with nothing but the place before it', () => {
    const unlock = (environment: string | null) => ({
      do: 'command',
      pipeline: 'api',
      command: { type: 'unlock', environment, id: null },
    })
    expect(lock('api release')).toEqual(unlock(null))
    expect(lock('api production release')).toEqual(unlock('production'))
    expect(lock('api release freeze')).toEqual(lockOf(null, 'release freeze'))
    expect(lock('api "release"')).toEqual(lockOf(null, 'release'))
    expect(suggestion(lock('api waiting for release'))).toBe('/lock api release')
    expect(suggestion(lock('api relaese'))).toBe('/lock api release')
  })

  it('refuses what is within two letters of an environment, unless it is quoted', () => {
    expect(suggestion(lock('api prodution migration'))).toBe('/lock api production migration')
    expect(suggestion(lock('api produciton release'))).toBe('/lock api production release')
    expect(lock('api "prodution" migration')).toEqual(lockOf(null, 'prodution migration'))
    expect(lock('web db migration')).toMatchObject({
      command: { environment: null, reason: 'db migration' },
    })
  })

  it('names everything at once, and lists', () => {
    expect(lock('all incident for 1h')).toEqual({
      do: 'lock_all',
      reason: 'incident',
      forMs: 3_600_000,
    })
    expect(lock('all release')).toEqual({ do: 'unlock_all' })
    expect(lock('status')).toEqual({ do: 'locks' })
    expect(lock('')).toEqual({ do: 'locks' })
  })

  it('keeps what Slack made of people and links in a reason, as they were typed', () => {
    expect(lock('api ask <@U0BOB|bob> &amp; &lt;wait&gt;')).toEqual(
      lockOf(null, 'ask @bob & <wait>'),
    )
    expect(lock('api “curly quotes”')).toEqual(lockOf(null, 'curly quotes'))
  })
})

describe('/rollback', () => {
  const preview = (more: object) => ({
    do: 'preview_rollback',
    pipeline: 'api',
    environment: null,
    to: null,
    reason: null,
    ...more,
  })

  it('asks for a preview, never for the act', () => {
    expect(rollback('api')).toEqual(preview({}))
    expect(rollback('', here)).toEqual(preview({}))
    expect(rollback('api production to a1b2c3d prices are wrong')).toEqual(
      preview({ environment: 'production', to: 'a1b2c3d', reason: 'prices are wrong' }),
    )
    expect(rollback('api to #41')).toEqual(preview({ to: '41' }))
    expect(rollback('api back to the old one')).toEqual(preview({ reason: 'back to the old one' }))
  })

  it('suggests for a slip', () => {
    expect(suggestion(rollback('api produciton'))).toBe('/rollback api production')
    expect(suggestion(rollback('api to'))).toBe('/rollback api')
    expect(suggestion(rollback('ap'))).toBe('/rollback api')
    expect(suggestion(rollback(''))).toBeNull()
  })
})
