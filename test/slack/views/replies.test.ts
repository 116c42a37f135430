/**
 * What only the person who asked reads: answers, refusals, the board, why, previews.
 */
import { describe, expect, it } from 'vitest'
import { previewRollback } from '../../../src/core/preview-rollback.ts'
import { pictures } from '../../../src/playground/gallery/pictures.ts'
import { refusals } from '../../../src/playground/gallery/refusals.ts'
import { Ride } from '../../../src/playground/gallery/ride.ts'
import { states } from '../../../src/playground/gallery/states.ts'
import { answered } from '../../../src/slack/views/answered.ts'
import { board } from '../../../src/slack/views/board.ts'
import { help, misunderstood } from '../../../src/slack/views/help.ts'
import { history } from '../../../src/slack/views/history.ts'
import { lockList } from '../../../src/slack/views/lock-list.ts'
import { reasonModal } from '../../../src/slack/views/reason-modal.ts'
import { refused } from '../../../src/slack/views/refused.ts'
import { rollbackPreview } from '../../../src/slack/views/rollback-preview.ts'
import { nothingRan, runLog } from '../../../src/slack/views/run-log.ts'
import { status } from '../../../src/slack/views/status.ts'
import { why } from '../../../src/slack/views/why.ts'
import { parse } from '../../../src/slack/words/grammar.ts'
import { sha } from '../../world/policy.ts'
import { drawn, modalFlaws } from '../limits.ts'

const all = states()

const ride = (name: string): Ride => {
  const found = all[name]
  if (found === undefined) throw new Error(`there is no state ${name}`)
  return found
}

const person = (name: string) => ({ name, kind: 'person', groups: [] }) as const

describe('A refusal', () => {
  it('names the lock, its age and its holder, and offers the ways out', () => {
    const { pipeline, now } = ride('locked')
    const no = {
      code: 'locked',
      by: 'bob',
      reason: 'migration under way',
      where: 'production',
    } as const
    expect(drawn(refused(no, { pipeline, now }))).toMatchInlineSnapshot(`
      "🙅 production is locked by bob: migration under way
      It stands since 10:10 UTC. Ask them, wait until 12:10 UTC, or \`/lock api production release\`
      [ Take the lock over… ] [ Release the lock ]"
    `)
  })

  it('has a sentence for every code, and what people wrote in it stays harmless', () => {
    const sentences = refusals().map(({ message }) => message.text)
    expect(sentences.every((one) => one.length > 10)).toBe(true)
    expect(sentences.join('\n')).not.toContain('<!channel>')
    expect(
      drawn(
        refused(
          { code: 'still_boarding', train: 41 },
          { pipeline: ride('boarding').pipeline, now: 0 },
        ),
      ),
    ).toMatchInlineSnapshot(`
      "🙅 Train #41 is still boarding: its doors have to close first.
      Close them: \`/deploy api\`
      [ Depart now ]"
    `)
  })
})

describe('The board', () => {
  it('says first what waits for whoever asks', () => {
    const { pipeline, now } = ride('waiting for consent')
    expect(drawn(board([pipeline], person('bob'), now))).toMatchInlineSnapshot(`
      "# The board
      ⏳ api train #41: your #13 is aboard. Good to go?
      [ Good to go ] [ Hold… ]
      ────
      *api*
      • *staging*: \`84a51684\` by train #41 since 10:05 UTC (5m ago)
      • *production*: nothing yet
      ⏳ *Train #41* · 3 changes · Waiting for 2 of 3 authors (<@U0BOB> and cem) and 1 approval from sre before production, since 10:02 UTC.
      ​"
    `)
  })

  it('asks entitled people who wrote none of it for their approval', () => {
    const { pipeline, now } = ride('waiting for approval')
    expect(drawn(board([pipeline], person('dee'), now))).toContain('[ Approve for production ]')
    expect(drawn(board([pipeline], person('ana'), now))).toContain('Nothing waits for you.')
  })
})

describe('Answers', () => {
  it('tell what was done and how it stands now', () => {
    const one = new Ride().mergeThree()
    const before = one.told.length
    one.depart()
    const told = one.told.slice(before)
    expect(drawn(answered('depart', told, one.pipeline, one.now))).toMatchInlineSnapshot(`
      "👍 Train #41 departed with 3 changes (sent by ana).
      🚀 *Train #41* · 3 changes · The deployment to staging waits for its agent since 10:02 UTC."
    `)
  })

  it('tell why a train waits, gate by gate', () => {
    const { pipeline, now } = ride('locked')
    expect(drawn(why(pipeline, now))).toMatchInlineSnapshot(`
      "# Why api waits
      ⏳ *Train #41* · 3 changes · Waiting for 1 approval from sre before production, since 10:02 UTC. Also in the way: lock.
          • lock before production: production is locked by bob: migration under way (just now, until 12:10 UTC) → ask bob, or unlock it
          • approvals before production: 0 of 1 approvals for this plan (8m40s ago) → approval by sre who wrote none of it"
    `)
  })

  it('tell what is live where and since when', () => {
    const { pipeline, now } = ride('rolled back')
    expect(drawn(status(pipeline, now))).toMatchInlineSnapshot(`
      "# api
      • *staging*: \`86f7e437\` by train #42 since 10:16 UTC (12m20s ago)
      • *production*: \`395df8f7\` by train #41 since 10:28 UTC (just now) · 🔒 bob: rolled back: prices are wrong (3m40s ago)
      🚂 *Train #43* · 1 change · Boarding; departs at 10:48 UTC."
    `)
  })

  it('list locks with their age, oldest first', () => {
    const { pipeline, now } = ride('locked')
    expect(drawn(lockList([pipeline], now + 600_000))).toMatchInlineSnapshot(`
      "🔒 1 lock, oldest first
      🔒 *api production* · bob: migration under way (10m ago, until 12:10 UTC)
      [ Release the lock ]"
    `)
  })

  it('show the end of a log, and whose it is', () => {
    const { pipeline, now } = ride('failed')
    const failed = pipeline.deployments.find(({ status: one }) => one === 'failed')
    if (failed === undefined) throw new Error('nothing failed')
    const address = 'https://signalbox.example/log'
    expect(drawn(runLog(failed, { lines: failed.tail, address, now }))).toMatchInlineSnapshot(`
      "# The newest log of api
      ❌ The deployment to production of \`84a51684\` by train #41 failed at 10:14 UTC after 3m40s: exit status 1.
      \`\`\`
      applying 0042_drop_cart.sql
      ERROR: relation "cart" is still referenced
      deploy.sh: exit 1
      \`\`\`
        The whole log · \`signalbox log api-41-production-forward-1\`"
    `)
    expect(drawn(runLog(failed, { lines: [], address, now }))).toContain('written nothing yet')
    expect(drawn(nothingRan(pipeline))).toContain('no log')
  })

  it('read as sentences where Slack only notifies', () => {
    for (const { message } of pictures()) expect(message.text).not.toMatch(/<!date|<http|[`*]/)
  })

  it('tell what happened, newest first', () => {
    const { pipeline, told } = ride('cancelled')
    const lines = drawn(history(told, pipeline)).split('\n')
    expect(lines.slice(0, 4)).toMatchInlineSnapshot(`
      [
        "# History of api",
        "10:10 UTC · Train #41 was cancelled by bob: wrong base. 3 changes fell to train #42",
        "10:10 UTC · Train #42 opened its doors.",
        "10:10 UTC · bob cancels train #41: wrong base",
      ]
    `)
  })
})

describe('A rollback', () => {
  it('is previewed: what goes back, whose, which migration, and what else must go', () => {
    const one = new Ride().merge('z', { number: 9, title: 'First', author: 'ana' }).arrive()
    one.merge('b', {
      number: 13,
      title: 'Drop the legacy cart',
      author: 'bob',
      parent: sha('z'),
      paths: ['db/migrations/1.sql'],
    })
    one.arrive()
    one.act('cem', {
      type: 'lock',
      id: 'l',
      environment: 'production',
      reason: 'audit',
      forMs: null,
      takeOver: false,
    })
    const environment = one.pipeline.environments[1]
    if (environment === undefined) throw new Error('no production')
    const found = previewRollback(one.pipeline, environment, null)
    if (!found.ok) throw new Error(found.refusal.code)
    const shown = rollbackPreview(found.preview, one.pipeline, {
      now: one.now,
      reason: 'prices are wrong',
    })
    expect(drawn(shown)).toMatchInlineSnapshot(`
      "# Roll back api production?
      Roll api production back from \`e9d71f5e\` to \`395df8f7\` of train #41, live there since 10:12 UTC.
      Reason: prices are wrong
      🔒 This takes over the lock of cem, who is told: audit
      Taken back: 1 change, of train #42
      • #13 Drop the legacy cart · bob · ⚠️ migration
      ⚠️ 1 change above carries a migration: the old release will meet the new schema, and an irreversible migration makes that unsafe. Ask bob first if you can.
      Afterwards production is locked in your name, and what was taken back does not return until somebody lets it.
      [ Roll back ] [ Leave it ]"
    `)
    expect(JSON.stringify(shown.blocks)).toContain('take_over')
  })
})

describe('Help', () => {
  it('is the grammar’s own table', () => {
    expect(drawn(help())).toMatchInlineSnapshot(`
      "# Commands
      \`/deploy\` the board: what is where, trains, locks, what waits for you
      \`/deploy PIPELINE\` close the doors now and go
      \`/deploy PIPELINE@REF [to ENVIRONMENT]\` a special train at this branch, tag or sha
      \`/deploy PIPELINE! [GATE,GATE…] REASON\` break the glass: pass gates once, with a written reason
      \`/deploy status|why|history|log [PIPELINE]\` how it stands; every gate and who clears it; what happened; the newest log
      \`/deploy stop|resume PIPELINE REASON\` stop the line, and let it go on
      \`/deploy claim PIPELINE\` the stopped line is yours to look after
      \`/deploy cancel|retry PIPELINE REASON\` take the train off the line; try the failed deployment again
      \`/deploy keep PIPELINE [REASON]\` cancel the countdown to an automatic rollback: it stays as it is
      \`/deploy continue PIPELINE REASON\` answer for a verification that failed or is inconclusive; let a paused rollout go on
      \`/deploy pause|skip PIPELINE REASON\` keep a rollout at its step; send it to its last one next
      \`/deploy flag off PIPELINE FLAG [in ENVIRONMENT]\` turn a flag off, quicker than a rollback
      \`/deploy migrate PIPELINE [#NUMBER] [run|pause|resume] [in ENVIRONMENT] [REASON]\` how migrations stand; run one that is ready, pause it, go on with it
      \`/deploy link [LOGIN]\` say which GitHub login is yours; somebody confirms it
      \`/deploy token\` a token for the command line, for when Slack is away
      \`/deploy help\` this list
      \`/rollback PIPELINE [ENVIRONMENT] [to VERSION] [REASON]\` go back: shows what it would do first, then asks
      \`/lock PIPELINE [ENVIRONMENT] REASON [for DURATION]\` keep it closed; a reason may be quoted
      \`/lock PIPELINE [ENVIRONMENT] release\` open it again
      \`/lock all REASON\` keep everything closed
      \`/lock all release\` open everything again
      \`/lock status\` every lock, oldest first
        Words in capitals are yours; what stands in brackets may be left out, and so may the pipeline in a channel that has exactly one."
    `)
  })

  it('answers a typo with the nearest command and does nothing', () => {
    const known = { pipelines: new Map([['api', { environments: ['production'] }]]), here: null }
    const read = parse('/deploy', 'apo', known)
    if (read.do !== 'misread') throw new Error('it acted')
    expect(drawn(misunderstood(read))).toMatchInlineSnapshot(`
      "🤔 Nothing was done. There is no pipeline or command apo; pipelines are api.
      Did you mean \`/deploy api\`?
        \`/deploy help\` lists every command."
    `)
  })
})

describe('The dialog for a reason', () => {
  it('fits whatever it is asked for', () => {
    const view = reasonModal({
      act: 'hold',
      meta: '{}',
      title: 'Hold train #41 of a-long-pipeline-name',
      label: 'Why?',
      submit: 'Hold',
    })
    expect(modalFlaws(view)).toEqual([])
    expect(view.callback_id).toBe('reason')
  })
})
