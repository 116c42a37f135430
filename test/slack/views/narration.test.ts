/**
 * What the thread says as a train rides, in the words people read.
 */
import { describe, expect, it } from 'vitest'
import { cast } from '../../../src/playground/gallery/cast.ts'
import { thread } from '../../../src/playground/gallery/pictures.ts'
import { Ride } from '../../../src/playground/gallery/ride.ts'
import { states, trainOf } from '../../../src/playground/gallery/states.ts'
import { catchUp } from '../../../src/slack/views/catch-up.ts'
import { narrate } from '../../../src/slack/views/narration.ts'
import { reminder } from '../../../src/slack/views/reminder.ts'
import { policy, sha } from '../../world/policy.ts'
import { drawn, textsOf } from '../limits.ts'

const all = states()

const threadOf = (name: string): string => {
  const ride = all[name]
  if (ride === undefined) throw new Error(`there is no state ${name}`)
  return thread(ride, trainOf(name)).map(drawn).join('\n\n')
}

describe('The thread', () => {
  it('tells a whole ride, and what it leaves out stands in the announcement', () => {
    expect(threadOf('arrived')).toMatchInlineSnapshot(`
      "🚂 Train #41 departed with 3 changes (sent by ana).
      No action needed.

      ▶️ The deployment to staging started. \`84a51684\` on agent embedded. Live log

      ✅ The deployment to staging succeeded. It took 3m40s. It soaks for 5m; no action needed.

      ✅ The deployment to staging is verified. It stayed healthy for 5m.

      ✅ ana said yes to #12.

      ✅ bob said yes to #13.

      ✅ cem said yes to #15.

      ✅ dee approved the plan for production.

      ▶️ The deployment to production started. \`84a51684\` on agent embedded. Live log

      ✅ The deployment to production succeeded. It took 3m40s.

      🏁 Train #41 arrived with 3 changes. \`84a51684\` is live in production.
      • staging: \`84a51684\` since 10:05 UTC
      • production: \`84a51684\` since 10:14 UTC
      No action needed. To take it back: \`/rollback api production\`"
    `)
  })

  it('counts down to going back with a button to leave it, and says what became of it', () => {
    const told = (name: string): string => threadOf(name).split('\n\n').at(-1) ?? ''
    expect(told('about to go back')).toMatchInlineSnapshot(`
      "⏱️ production goes back to \`395df8f7\` by itself in 30s, at 10:25:10 UTC: the deployment failed: exit status 1
      Then production is locked, and what was taken back ships again only once somebody lets it. To leave it as it is, cancel: \`/deploy keep api\`
      [ Cancel the rollback ] [ Roll back… ]"
    `)
    expect(told('sick, and about to go back')).toMatchInlineSnapshot(`
      "⏱️ production goes back to \`395df8f7\` by itself in 30s, at 10:35:10 UTC: its verification failed: version: 1 of 2 on 86f7e437, web-07 stale 0s (on 0badcafe); errors not looked at yet
      Then production is locked, and what was taken back ships again only once somebody lets it. To leave it as it is, cancel: \`/deploy keep api\`
      [ Cancel the rollback ] [ Roll back… ]"
    `)
    expect(told('kept by a person')).toMatchInlineSnapshot(
      `"✋ bob keeps production from going back to \`395df8f7\` by itself: the disk was full"`,
    )
    expect(told('not taken back under a lock')).toMatchInlineSnapshot(`
      "🔒 production does not go back to \`395df8f7\` by itself: bob keeps it locked (migration under way). Cause: the deployment failed: exit status 1
      <@U0BOB>, shall it be taken back to \`395df8f7\`? A lock is never passed by itself.
      [ Roll back… ]"
    `)
    expect(told('not taken back twice')).toMatchInlineSnapshot(
      `"⚠️ production stays as it is: what went wrong is a rollback, and nothing goes further back by itself. Cause: the rollback failed: exit status 1"`,
    )
    expect(told('would have gone back')).toMatchInlineSnapshot(
      `"🧪 Would have taken production back to \`395df8f7\` now, and only says so. Cause: the deployment failed: exit status 1"`,
    )
    expect(threadOf('taken back by itself').split('\n\n').slice(-4)).toMatchInlineSnapshot(`
      [
        "⏪ signalbox rolls production back to \`395df8f7\`: the deployment failed: exit status 1",
        "▶️ The rollback of production started.",
        "✅ The rollback of production succeeded.",
        "⏪ production is back at \`395df8f7\`: the deployment failed: exit status 1. Taken back: #12, aboard train #43 again.
      <@U0ANA> what you changed no longer runs in production. It travels again after a fix or a revert is merged, or once somebody lets it go again with a reason.",
      ]
    `)
  })

  it('tells a failure with its last lines, the steps to take, and whom to ask first', () => {
    expect(threadOf('failed').split('\n\n').at(-1)).toMatchInlineSnapshot(`
      "❌ The deployment to production failed: exit status 1. It took 3m40s.
      🔎 Suspects first:
      • #13 Drop the legacy cart (<@U0BOB>): the failure names migrations/0042_drop_cart.sql, which it changed
      \`\`\`
      applying 0042_drop_cart.sql
      ERROR: relation "cart" is still referenced
      deploy.sh: exit 1
      \`\`\`
      1. Read the log: half of the release may be there.
      2. A hiccup? \`/deploy retry api\`. There is no earlier release to go back to.
      3. Or take it off the line: \`/deploy cancel api REASON\`. Its changes wait for the next train.
      [ Retry ] [ Cancel the train… ]"
    `)
  })

  it('tells an unknown end without pretending to know', () => {
    expect(threadOf('unknown').split('\n\n').at(-1)).toMatchInlineSnapshot(`
      "❓ The deployment to production has an unknown end: the agent’s host is gone. It took 3m40s.
      1. Look at production itself: what runs there?
      2. Say so: \`signalbox settle api production succeeded|failed REASON\`"
    `)
  })

  it('tells those whose changes were taken back', () => {
    expect(threadOf('rolled back').split('\n\n').slice(-3).join('\n\n')).toMatchInlineSnapshot(`
      "▶️ The rollback of production started. \`395df8f7\` on agent embedded. Live log

      ✅ The rollback of production succeeded. It took 3m40s.

      ⏪ production is back at \`395df8f7\`: prices are wrong. Taken back: #12, aboard train #43 again.
      <@U0ANA> what you changed no longer runs in production. It travels again after a fix or a revert is merged, or once somebody lets it go again with a reason."
    `)
  })

  it('is shown in the channel for departures, failures and arrivals alone', () => {
    const ride = all['failed']
    if (ride === undefined) throw new Error('no ride')
    const shown = ride.told.flatMap((told) => {
      const note = narrate(told, ride.scene(41), ride.pipeline)
      return note?.broadcast ? [told.event.type] : []
    })
    expect(shown).toEqual(['train_departed', 'deployment_ended'])
  })

  it('mentions at most ten authors, and says how many there are', () => {
    const names = Array.from({ length: 23 }, (_, index) => `dev${index}`)
    const known = names.map((name, index) => ({
      name,
      slack: `U0DEV${index}`,
      github: name,
      email: null,
      groups: [],
      active: true,
    }))
    const ride = new Ride(undefined, [...cast, ...known])
    for (const [index, name] of names.entries()) {
      const parent = index === 0 ? null : sha(`n${index - 1}`)
      ride.merge(`n${index}`, { number: index + 1, author: name, parent })
    }
    ride.depart()
    const departed = ride.told.find(({ event }) => event.type === 'train_departed')
    const note = departed && narrate(departed, ride.scene(41), ride.pipeline)
    const text = textsOf(note?.blocks ?? []).join('\n')
    // One approver stands beside them.
    expect(text.match(/<@U0DEV\d+>/g)).toHaveLength(10)
    expect(text).toContain('10 of 23 authors')
  })

  it('says that nothing is to be done where nobody is asked', () => {
    const free = policy({ environments: policy().environments.slice(0, 1) })
    const ride = new Ride(free).merge('a', { number: 12 }).depart()
    expect(thread(ride, 41).map(drawn).join('\n')).toContain('No action needed.')
  })

  it('tells the robbed holder of a lock, and whoever released another’s', () => {
    const ride = new Ride().mergeThree()
    const lock = { type: 'lock', environment: 'production', reason: 'mine', forMs: null } as const
    ride.act('bob', { ...lock, id: 'one', takeOver: false })
    ride.act('ana', { ...lock, id: 'two', takeOver: true })
    ride.act('bob', { type: 'unlock', environment: 'production', id: null })
    expect(thread(ride, 41).map(drawn)).toMatchInlineSnapshot(`
      [
        "🔒 bob locked api production: mine",
        "🔒 ana took over the lock on api production from bob: mine <@U0BOB>, this was your lock.",
        "🔓 bob released the lock of ana on api production. <@U0ANA>, this was your lock.",
      ]
    `)
  })

  it('is silent about a check that failed on nothing aboard', () => {
    const ride = new Ride().mergeThree()
    const check = { sha: sha('zzz'), name: 'test', status: 'failure', at: 0 } as const
    const told = { seq: 1, at: 0, actor: 'ci', event: { type: 'check_recorded', check } } as const
    expect(narrate(told, ride.scene(41), ride.pipeline)).toBeNull()
    const mine = { ...told, event: { ...told.event, check: { ...check, sha: sha('b') } } }
    const note = narrate(mine, ride.scene(41), ride.pipeline)
    expect(note && drawn(note)).toMatchInlineSnapshot(
      `"❌ Check test failed on #13. <@U0BOB>, it keeps train #41 from departing with it."`,
    )
  })
})

describe('Every event', () => {
  it('can be told without a train to tell it about', () => {
    for (const ride of Object.values(all)) {
      for (const told of ride.told) {
        const note = narrate(told, null, ride.pipeline)
        if (note !== null) expect(note.text.length).toBeGreaterThan(5)
      }
    }
  })

  it('is one line when it is caught up on, by whom and when', () => {
    const ride = all['vetoed']
    const note = ride && catchUp(ride.told.slice(-14), ride.scene(42), ride.pipeline)
    expect(note && drawn(note)).toMatchInlineSnapshot(`
      "📮 While Slack could not be reached, from 10:24 UTC to 10:37 UTC, 8 things happened:
      • 10:24 UTC bob locked api production: rolled back: prices are wrong
      • 10:24 UTC The rollback of production started.
      • 10:28 UTC The rollback of production succeeded.
      • 10:28 UTC production is back at \`395df8f7\`: prices are wrong. Taken back: #12, aboard train #43 again
      • 10:28 UTC Train #43 departed with 1 change (sent by ana).
      • 10:28 UTC The deployment to staging started.
      • 10:32 UTC The deployment to staging succeeded.
      • 10:37 UTC The deployment to staging is verified."
    `)
    expect(ride && catchUp([], null, ride.pipeline)).toBeNull()
  })
})

describe('One press', () => {
  const one = new Ride()
    .merge('a', { number: 12, author: 'ana' })
    .merge('b', { number: 13, author: 'ana', parent: sha('a') })
    .depart()
  one.act('ana', { type: 'consent', train: 41 })
  const given = one.told.filter(({ event }) => event.type === 'consent_given')

  it('says yes to all of somebody’s changes, and is told once', () => {
    expect(given).toHaveLength(2)
    const notes = given.flatMap((told) => narrate(told, one.scene(41), one.pipeline) ?? [])
    expect(notes.map(({ text }) => text)).toEqual(['✅ ana said yes to #12 and #13.'])
    const missed = catchUp(given, one.scene(41), one.pipeline)
    expect(missed && drawn(missed)).toContain('ana said yes to #12 and #13.')
  })

  it('is told change by change once it was taken back', () => {
    one.act('ana', { type: 'withdraw', train: 41, what: null, of: null, reason: null })
    const notes = given.flatMap((told) => narrate(told, null, one.pipeline) ?? [])
    expect(notes.map(({ text }) => text)).toHaveLength(2)
  })
})

describe('A departure into a hold', () => {
  it('does not claim that nothing is to be done', () => {
    const one = new Ride(policy()).merge('a', { number: 12, author: 'ana' })
    one.act('ana', { type: 'consent', train: 41 })
    one.act('bob', { type: 'hold', train: 41, reason: 'not yet' })
    one.depart()
    const told = one.told.find(({ event }) => event.type === 'train_departed')
    const note = told && narrate(told, one.scene(41), one.pipeline)
    expect(note && drawn(note)).toContain('Held by bob: not yet')
    expect(note && drawn(note)).not.toContain('No action needed')
  })
})

describe('A reminder', () => {
  it('goes to whoever is still silent, and to nobody else', () => {
    const ride = all['waiting for consent']
    if (ride === undefined) throw new Error('no ride')
    const bob = reminder(ride.scene(41), 'bob')
    expect(bob && drawn(bob)).toMatchInlineSnapshot(`
      "⏳ api train #41 waits since 10:02 UTC for your yes to #13 before production. See the train
      [ Good to go ] [ Hold… ]"
    `)
    expect(reminder(ride.scene(41), 'ana')).toBeNull()
  })
})
