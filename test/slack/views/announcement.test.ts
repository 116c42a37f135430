/**
 * What a train's announcement looks like in every state it can be in.
 */
import { describe, expect, it } from 'vitest'
import { states, trainOf } from '../../../src/playground/gallery/states.ts'
import { announcement } from '../../../src/slack/views/announcement.ts'
import { phaseOf } from '../../../src/slack/views/phase.ts'
import { headline } from '../../../src/slack/views/sentence-of-phase.ts'
import { drawn } from '../limits.ts'

const all = states()

const picture = (name: string): string => {
  const ride = all[name]
  if (ride === undefined) throw new Error(`there is no state ${name}`)
  return drawn(announcement(ride.scene(trainOf(name))))
}

describe('The announcement', () => {
  it('has a picture of its own for every state', () => {
    const headlines = Object.entries(all).map(([name, ride]) => [
      name,
      headline(phaseOf(ride.scene(trainOf(name)))),
    ])
    expect(headlines).toMatchInlineSnapshot(`
      [
        [
          "boarding",
          "🚂 boarding",
        ],
        [
          "due",
          "⏰ due",
        ],
        [
          "held while boarding",
          "✋ held",
        ],
        [
          "stopped while boarding",
          "⛔ line stopped",
        ],
        [
          "waiting for its agent",
          "🚀 deploying",
        ],
        [
          "deploying",
          "🚀 deploying",
        ],
        [
          "soaking",
          "⏲️ soaking",
        ],
        [
          "soaking and waiting",
          "⏳ waiting",
        ],
        [
          "waiting for consent",
          "⏳ waiting",
        ],
        [
          "waiting for approval",
          "⏳ waiting",
        ],
        [
          "outside its windows",
          "⏳ waiting",
        ],
        [
          "locked",
          "⏳ waiting",
        ],
        [
          "held",
          "✋ held",
        ],
        [
          "stopped",
          "⛔ line stopped",
        ],
        [
          "going on after a stop",
          "⏳ waiting",
        ],
        [
          "deploying to production",
          "🚀 deploying",
        ],
        [
          "half of its usual time",
          "🚀 deploying",
        ],
        [
          "longer than usual",
          "🚀 deploying",
        ],
        [
          "failed",
          "❌ failed",
        ],
        [
          "timed out",
          "⌛ timed out",
        ],
        [
          "unknown",
          "❓ unknown",
        ],
        [
          "being cancelled",
          "🛑 being cancelled",
        ],
        [
          "aborted",
          "🛑 aborted",
        ],
        [
          "cancelled",
          "🚫 cancelled",
        ],
        [
          "arrived",
          "✅ arrived",
        ],
        [
          "being verified",
          "🔎 being verified",
        ],
        [
          "verified and soaking",
          "⏲️ soaking",
        ],
        [
          "inconclusive",
          "❔ inconclusive",
        ],
        [
          "not healthy",
          "🤒 not healthy",
        ],
        [
          "not healthy, with a suspect",
          "🤒 not healthy",
        ],
        [
          "its flag turned off",
          "🤒 not healthy",
        ],
        [
          "its flag not turned off",
          "🤒 not healthy",
        ],
        [
          "continued by a person",
          "⏲️ soaking",
        ],
        [
          "drifted",
          "✅ arrived",
        ],
        [
          "rolling back",
          "⏪ rolling back",
        ],
        [
          "rollback failed",
          "❌ failed",
        ],
        [
          "waiting for an absent author",
          "⏳ waiting",
        ],
        [
          "failed above a release",
          "❌ failed",
        ],
        [
          "about to go back",
          "⏱️ about to go back",
        ],
        [
          "kept by a person",
          "❌ failed",
        ],
        [
          "taken back by itself",
          "⏪ rolled back",
        ],
        [
          "not taken back under a lock",
          "❌ failed",
        ],
        [
          "sick, and about to go back",
          "⏱️ about to go back",
        ],
        [
          "not taken back twice",
          "❌ failed",
        ],
        [
          "would have gone back",
          "❌ failed",
        ],
        [
          "rolling out",
          "🪜 rolling out",
        ],
        [
          "on its way to its next step",
          "🚀 deploying",
        ],
        [
          "paused at a step",
          "⏸️ paused",
        ],
        [
          "kept at a step",
          "⏳ waiting",
        ],
        [
          "inconclusive at a step",
          "❔ inconclusive",
        ],
        [
          "worse at a step",
          "⏱️ about to go back",
        ],
        [
          "sent to its last step",
          "🚀 deploying",
        ],
        [
          "would have asked under a lock",
          "❌ failed",
        ],
        [
          "vetoed",
          "⏳ waiting",
        ],
        [
          "rolled back",
          "⏪ rolled back",
        ],
      ]
    `)
  })

  it('says when a boarding train departs, and mentions nobody', () => {
    expect(picture('boarding')).toMatchInlineSnapshot(`
      "# 🚂 Train #41 · api · boarding
      Boarding; departs at 10:20 UTC.
      ────
      ⏳ #12 Cache the price list · ana · 42 lines
      ⏳ #13 Drop the legacy cart · bob · 770 lines · ⚠️ migration
      ⏳ #15 Bump undici · dependabot (for cem) · 4 lines
        \`84a51684\` · 3 changes · 816 lines · oldest merged 10:00 UTC
      [ Depart now ] [ Hold… ]"
    `)
    expect(picture('boarding')).not.toContain('<@')
  })

  it('says which check of whose change keeps a due train boarding', () => {
    expect(picture('due')).toMatchInlineSnapshot(`
      "# ⏰ Train #41 · api · due
      Due to depart, but test failed on #12 (ana), test pending on #13 (bob) and test pending on #15 (dependabot).
      ────
      ❌ #12 Cache the price list · ana · 42 lines
      🟡 #13 Drop the legacy cart · bob · 770 lines · ⚠️ migration
      🟡 #15 Bump undici · dependabot (for cem) · 4 lines
        \`84a51684\` · 3 changes · 816 lines · oldest merged 10:00 UTC
      [ Depart now ] [ Hold… ]"
    `)
  })

  it('names how many authors are awaited', () => {
    expect(picture('waiting for consent')).toMatchInlineSnapshot(`
      "# ⏳ Train #41 · api · waiting
      Waiting for 2 of 3 authors (<@U0BOB> and cem) and 1 approval from sre before production, since 10:02 UTC.
      ────
      ✅ staging 3m40s → ▶️ *production* next
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
      ⏳ #13 Drop the legacy cart · <@U0BOB> · 770 lines · ⚠️ migration
      ⏳ #15 Bump undici · dependabot (for cem) · 4 lines
        \`84a51684\` · 3 changes · 816 lines · oldest merged 10:00 UTC
      [ Answer in the thread ] [ Hold… ] [ Cancel the train… ]"
    `)
  })

  it('says when the windows open, and lets whom they except go all the same', () => {
    expect(picture('outside its windows')).toMatchInlineSnapshot(`
      "# ⏳ Train #41 · api · waiting
      Waiting for 3 of 3 authors (<@U0ANA>, <@U0BOB> and cem) and 1 approval from sre before production, since 10:02 UTC.
      • also: production is outside its windows (Mon-Fri 13∶00-16:00; UTC), since 10:02 UTC, opens 13:00 UTC → wait until they open, or sre sends it now
      ────
      ✅ staging 3m40s → ▶️ *production* next 🕘
      ────
      ⏳ #12 Cache the price list · <@U0ANA> · 42 lines
      ⏳ #13 Drop the legacy cart · <@U0BOB> · 770 lines · ⚠️ migration
      ⏳ #15 Bump undici · dependabot (for cem) · 4 lines
        \`84a51684\` · 3 changes · 816 lines · oldest merged 10:00 UTC
      [ Answer in the thread ] [ Go now, outside the windows ] [ Hold… ] [ Cancel the train… ]"
    `)
  })

  it('offers the holder the way under a lock', () => {
    expect(picture('locked')).toMatchInlineSnapshot(`
      "# ⏳ Train #41 · api · waiting
      Waiting for 1 approval from sre before production, since 10:02 UTC.
      • also: production is locked by bob: migration under way, since 10:10 UTC, until 12:10 UTC → ask bob, or unlock it
      ────
      ✅ staging 3m40s → ▶️ *production* next 🔒
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
      ✅ #13 Drop the legacy cart · <@U0BOB> · 770 lines · ⚠️ migration
      ✅ #15 Bump undici · dependabot (for cem) · 4 lines
        \`84a51684\` · 3 changes · 816 lines · oldest merged 10:00 UTC
      [ Answer in the thread ] [ Go under my lock ] [ Release the lock ] [ Hold… ] [ Cancel the train… ]"
    `)
  })

  it('shows the last lines of a failure and what to do now', () => {
    expect(picture('failed')).toMatchInlineSnapshot(`
      "# ❌ Train #41 · api · failed
      The deployment to production failed after 3m40s: exit status 1.
      🔎 Look first at #13 of bob: the failure names migrations/0042_drop_cart.sql, which it changed
      \`\`\`
      ERROR: relation "cart" is still referenced
      deploy.sh: exit 1
      \`\`\`
      1. Read the log: half of the release may be there.
      2. A hiccup? \`/deploy retry api\`. There is no earlier release to go back to.
      3. Or take it off the line: \`/deploy cancel api REASON\`. Its changes wait for the next train.
      ────
      ✅ staging 3m40s → ❌ *production* failed
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
      ✅ #13 Drop the legacy cart · <@U0BOB> · 770 lines · ⚠️ migration
      ✅ #15 Bump undici · dependabot (for cem) · 4 lines
        \`84a51684\` · 3 changes · 816 lines · oldest merged 10:00 UTC
      [ Retry ] [ Cancel the train… ]"
    `)
  })

  it('has no buttons left when the train is over', () => {
    for (const name of ['arrived', 'cancelled', 'rolled back']) {
      expect(picture(name)).not.toContain('[ ')
    }
    expect(picture('arrived')).toMatchInlineSnapshot(`
      "# ✅ Train #41 · api · arrived
      Live in production since 10:14 UTC, 12m20s after departure. No action needed. To take it back: \`/rollback api production\`
      ────
      ✅ staging 3m40s → ✅ production 3m40s
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
      ✅ #13 Drop the legacy cart · <@U0BOB> · 770 lines · ⚠️ migration
      ✅ #15 Bump undici · dependabot (for cem) · 4 lines
        \`84a51684\` · 3 changes · 816 lines · oldest merged 10:00 UTC"
    `)
  })

  it('says what a plan carries that was taken back', () => {
    expect(picture('vetoed')).toMatchInlineSnapshot(`
      "# ⏳ Train #43 · api · waiting
      Waiting for <@U0ANA> and 1 approval from sre before production, since 10:28 UTC.
      • also: production is locked by bob: rolled back: prices are wrong, since 10:24 UTC → ask bob, or unlock it
      • also: it carries what bob rolled back (395df8f7…86f7e437): prices are wrong, since 10:28 UTC → merge a revert and cancel the trains before it, or let it go again with a reason
      ────
      ✅ staging 3m40s → ▶️ *production* next 🔒
      ────
      ⏳ #12 Cache the price list · <@U0ANA> · 42 lines · ⏪ taken back
        compare 395df8f7…86f7e437 · 1 change · 42 lines · oldest merged 10:12 UTC
      [ Answer in the thread ] [ Go under my lock ] [ Release the lock ] [ Let it go again… ] [ Hold… ] [ Cancel the train… ]"
    `)
  })

  it('says when it goes back by itself, or why it does not', () => {
    expect(picture('about to go back')).toMatchInlineSnapshot(`
      "# ⏱️ Train #42 · api · about to go back
      Goes back to \`395df8f7\` by itself at 10:25:10 UTC, unless somebody cancels it: the deployment failed: exit status 1.
      \`\`\`
      ERROR: relation "cart" is still referenced
      deploy.sh: exit 1
      \`\`\`
      ────
      ✅ staging 3m40s → ❌ *production* failed
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
        compare 395df8f7…86f7e437 · 1 change · 42 lines · oldest merged 10:12 UTC
      [ Cancel the rollback ] [ Roll back… ] [ Retry ] [ Cancel the train… ]"
    `)
    expect(picture('not taken back under a lock')).toMatchInlineSnapshot(`
      "# ❌ Train #42 · api · failed
      The deployment to production failed after 3m40s: exit status 1.
      \`\`\`
      ERROR: relation "cart" is still referenced
      deploy.sh: exit 1
      \`\`\`
      ⚠️ production does not go back to \`395df8f7\` by itself: bob keeps it locked (migration under way).
      1. Read the log: half of the release may be there.
      2. A hiccup? \`/deploy retry api\`. A bad change? \`/rollback api production\`
      3. Or take it off the line: \`/deploy cancel api REASON\`. Its changes wait for the next train.
      ────
      ✅ staging 3m40s → ❌ *production* failed 🔒
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
        compare 395df8f7…86f7e437 · 1 change · 42 lines · oldest merged 10:12 UTC
      [ Retry ] [ Roll back… ] [ Cancel the train… ]"
    `)
    expect(picture('kept by a person')).toContain('keeps it from going back by itself')
  })

  it('says who takes a live train back, and why', () => {
    expect(picture('rolling back')).toMatchInlineSnapshot(`
      "# ⏪ Train #42 · api · rolling back
      bob rolls production back to \`395df8f7\`: prices are wrong.
      ────
      ✅ staging 3m40s → ⏪ *production* waits for its agent 🔒
      ────
      ✅ #12 Cache the price list · <@U0ANA> · 42 lines
        compare 395df8f7…86f7e437 · 1 change · 42 lines · oldest merged 10:12 UTC"
    `)
  })
})
