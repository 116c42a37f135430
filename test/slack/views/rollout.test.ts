/**
 * A rollout in steps as people in Slack see it.
 */
import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../../src/core/model.ts'
import { thread } from '../../../src/playground/gallery/pictures.ts'
import { states, trainOf } from '../../../src/playground/gallery/states.ts'
import { announcement } from '../../../src/slack/views/announcement.ts'
import { tookOf } from '../../../src/slack/views/journey.ts'
import { drawn } from '../limits.ts'

const all = states()

const rideOf = (name: string) => {
  const ride = all[name]
  if (ride === undefined) throw new Error(`there is no state ${name}`)
  return ride
}

const picture = (name: string): string => drawn(announcement(rideOf(name).scene(trainOf(name))))

const last = (name: string, count = 1): string =>
  thread(rideOf(name), trainOf(name)).map(drawn).slice(-count).join('\n\n')

describe('The announcement of a rollout', () => {
  it('shows where it is, and until when it bakes', () => {
    expect(picture('rolling out')).toMatchInlineSnapshot(`
      "# 🪜 Train #42 · api · rolling out
      production is at staff since 11:02 UTC; it bakes there until 11:07 UTC. No action needed.
      ⏳ checkout errors: compared with \`395df8f7\` until the bake ends
      ────
      ✅ staging 3m40s → 🪜 *production* (*staff* ▸ 10 % ▸ 100 %)
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
        compare 395df8f7…86f7e437 · 1 change · 42 lines · oldest merged 10:49 UTC
      [ Pause… ] [ Skip to full… ] [ Roll back… ] [ Cancel the train… ]"
    `)
  })

  it('says who keeps it, and why', () => {
    expect(picture('paused at a step')).toMatchInlineSnapshot(`
      "# ⏸️ Train #42 · api · paused
      production is at staff since 11:02 UTC; bob keeps it there: the queue looks long
      ⏳ checkout errors: compared with \`395df8f7\` until the bake ends
      ────
      ✅ staging 3m40s → ⏸️ *production* (*staff* ▸ 10 % ▸ 100 %)
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
        compare 395df8f7…86f7e437 · 1 change · 42 lines · oldest merged 10:49 UTC
      [ Continue… ] [ Skip to full… ] [ Roll back… ] [ Cancel the train… ]"
    `)
  })

  it('says what its next step waits for', () => {
    expect(picture('kept at a step')).toMatchInlineSnapshot(`
      "# ⏳ Train #42 · api · waiting
      production is at staff since 11:02 UTC; its next step waits: production is locked by bob: migration under way.
      ⏳ checkout errors: compared with \`395df8f7\` until the bake ends
      ────
      ✅ staging 3m40s → 🪜 *production* (*staff* ▸ 10 % ▸ 100 %) 🔒
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
        compare 395df8f7…86f7e437 · 1 change · 42 lines · oldest merged 10:49 UTC
      [ Pause… ] [ Skip to full… ] [ Roll back… ] [ Cancel the train… ]"
    `)
  })

  it('waits for a person where nobody can tell', () => {
    expect(picture('inconclusive at a step')).toMatchInlineSnapshot(`
      "# ❔ Train #42 · api · inconclusive
      Nobody can tell whether production is healthy: checkout errors: no data. It waits for a person.
      ────
      ✅ staging 3m40s → 🪜 *production* (*staff* ▸ 10 % ▸ 100 %)
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
        compare 395df8f7…86f7e437 · 1 change · 42 lines · oldest merged 10:49 UTC
      [ Continue… ] [ Roll back… ]"
    `)
  })

  it('shows a step that runs', () => {
    expect(picture('on its way to its next step')).toMatchInlineSnapshot(`
      "# 🚀 Train #42 · api · deploying
      The deployment to production runs (staff ▸ *10 %* ▸ 100 %) since 11:12 UTC.
      ────
      ✅ staging 3m40s → ▶️ *production* (staff ▸ *10 %* ▸ 100 %) since 11:12 UTC
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
        compare 395df8f7…86f7e437 · 1 change · 42 lines · oldest merged 10:49 UTC
      [ Pause… ] [ Skip to full… ] [ Roll back… ] [ Cancel the train… ]"
    `)
  })
})

describe('How long a rollout took', () => {
  const step = { name: '10', traffic: 10, bakeMs: 60_000 }
  const rollout = {
    ...{ at: 1, since: 1_000, bakesSince: null, paused: null, skipped: null, words: [] },
    ...{ steps: [step, { ...step, name: '100', traffic: 100 }], analysis: [] },
  }
  const took = (its: Deployment['rollout']): string => {
    const [one] = rideOf('rolling out').scene(42).deployments
    if (one === undefined) throw new Error('nothing was deployed')
    return tookOf({ ...one, startedAt: 301_000, endedAt: 303_000, rollout: its })
  }

  it('counts from its first step on', () => {
    expect(took(rollout)).toBe('5m2s')
  })

  it('is that of its one run on the way back', () => {
    const back = { ...rollout, at: 0, steps: [step] }
    expect(took(back)).toBe('2s')
  })
})

describe('The thread of a rollout', () => {
  it('tells each step once', () => {
    expect(last('on its way to its next step', 2)).toMatchInlineSnapshot(`
      "🪜 production is at staff, and bakes there for 5m.

      🪜 production goes on to 10 %.
      ✅ checkout errors: 0.01 against 0.01 of the old release, Mann–Whitney p = 0.4"
    `)
  })

  it('tells what was found, once, and that it goes back', () => {
    expect(last('worse at a step', 2)).toMatchInlineSnapshot(`
      "❌ The deployment to production failed: at staff: checkout errors: 0.041 against 0.003 of the old release, Mann–Whitney p = 0.0004.
      🔎 Nothing points at one change. Aboard: <@U0ANA> (#12).
      Changed since what ran there before: compare 395df8f7…86f7e437
      1. Read the log: half of the release may be there.
      2. A hiccup? \`/deploy retry api\`. A bad change? \`/rollback api production\`
      3. Or take it off the line: \`/deploy cancel api REASON\`. Its changes wait for the next train.
      [ Retry ] [ Roll back… ] [ Cancel the train… ]

      ⏱️ production goes back to \`395df8f7\` by itself in 30s, at 11:04:30 UTC: the deployment failed: at staff: checkout errors: 0.041 against 0.003 of the old release, Mann–Whitney p = 0.0004
      Then production is locked, and what was taken back ships again only once somebody lets it. To leave it as it is, cancel: \`/deploy keep api\`
      [ Cancel the rollback ] [ Roll back… ]"
    `)
  })

  it('tells who paused it, and who sent it on', () => {
    expect(last('paused at a step')).toMatchInlineSnapshot(
      `"⏸️ bob keeps production at its step: the queue looks long"`,
    )
    expect(last('sent to its last step', 2)).toMatchInlineSnapshot(`
      "⏭️ dee sends production to its last step next: the fix is urgent

      🪜 production goes on to 100 %."
    `)
  })
})
