/** What the watchdogs say: what stands since when, who is meant, the act, and the button for it. */
import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../../src/core/model.ts'
import type { Concern } from '../../../src/core/watch/concern.ts'
import { pictures } from '../../../src/playground/gallery/pictures.ts'
import { Ride } from '../../../src/playground/gallery/ride.ts'
import { concernNote } from '../../../src/slack/views/concern.ts'
import { drawn, flawsOf } from '../limits.ts'

const all = pictures()

function said(name: string): string {
  const found = all.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no picture ${name}`)
  return drawn(found.message)
}

describe('A concern', () => {
  it('about a run that never began names the agent and how to start it', () => {
    expect(said('concern: not_started never heard of')).toMatchInlineSnapshot(`
      "💤 api: the deployment of train #41 to staging waits for the embedded agent, which was never heard of, since 10:02 UTC.
      → it runs beside the server: look at its log, or start that: \`signalbox serve\`"
    `)
  })

  it('about a silent run mentions whoever sent it, and offers the log and the end', () => {
    expect(said('concern: silent run')).toMatchInlineSnapshot(`
      "💤 <@U0ANA> api: the deployment of train #41 to staging has written nothing for 12m10s, since 10:02 UTC.
      → look at its log, and cancel the train if it hangs: \`/deploy cancel api REASON\` · its log
      [ Cancel the train… ]"
    `)
  })

  it('about an increment that never began says that a pause takes it back, and offers one', () => {
    expect(said('concern: not_started increment')).toMatchInlineSnapshot(`
      "💤 api: increment 1 of the migration of #12 in production waits for the embedded agent, which was never heard of, since 11:44 UTC.
      → pause it, which takes it back, or start the agent: \`signalbox serve\`
      [ Pause production… ]"
    `)
  })

  it('about a silent increment mentions whoever let it run, and ends no train', () => {
    expect(said('concern: silent increment')).toMatchInlineSnapshot(`
      "💤 <@U0ANA> api: increment 1 of the migration of #12 in production has written nothing for 10m, since 11:44 UTC.
      → look at its log, and end it on its machine if it hangs; a pause keeps the next one from starting: \`/deploy migrate api #12 pause in production REASON\` · its log
      [ Pause production… ]"
    `)
  })

  it('about a slow run says how long it usually takes', () => {
    expect(said('concern: slower run')).toMatchInlineSnapshot(`
      "⏰ <@U0ANA> api: the deployment of train #44 to production runs for 11m, and usually takes 3m40s, since 10:45 UTC.
      → look at its log, and cancel the train if it hangs: \`/deploy cancel api REASON\` · its log
      [ Cancel the train… ]"
    `)
  })

  it('about checks names them and their change', () => {
    expect(said('concern: checks pending')).toMatchInlineSnapshot(`
      "⏳ api: test on #15 has not ended, since 10:02 UTC.
      → look at it in CI, and run it again"
    `)
  })

  it('about a silent author lets him answer at once', () => {
    expect(said('concern: waiting for authors')).toMatchInlineSnapshot(`
      "⏳ api: train #41 stands before production: waits for the authors of #13 (bob), #15 (cem), since 10:02 UTC.
      → say yes, or hold it with a reason
      [ Good to go ] [ Hold… ]"
    `)
  })

  it('about a missing approval mentions those who may approve', () => {
    expect(said('concern: waiting for an approval')).toMatchInlineSnapshot(`
      "⏳ <@U0DEE> api: train #41 stands before production: 0 of 1 approvals for this plan, since 10:02 UTC.
      → approval by sre who wrote none of it"
    `)
  })

  it('about a forgotten lock offers its release', () => {
    expect(said('concern: lock forgotten')).toMatchInlineSnapshot(`
      "🔒 api: bob keeps api production locked: migration under way, since 10:02 UTC.
      → release it, or lock it again with an end: \`/lock api production release\`
      [ Release the lock ]"
    `)
  })

  it('about changes that wait for long says where to look', () => {
    expect(said('concern: no_deploy half a day')).toMatchInlineSnapshot(`
      "⏰ api: nothing was deployed to production, and 3 changes wait, since 10:00 UTC.
      → see what is in the way: \`/deploy why api\`"
    `)
  })

  it('about failures links their logs and names the stop', () => {
    expect(said('concern: failures three in a row')).toMatchInlineSnapshot(`
      "🚨 api: 3 deployments to production failed in a row, since 09:14 UTC.
      → look at their logs, or stop the line until somebody knows why: \`/deploy stop api REASON\` · api-41-production-forward-1, api-41-production-forward-2, api-41-production-forward-3"
    `)
  })
})

describe('A run under way', () => {
  const sentence = (state: string): string => said(`announcement: ${state}`).split('\n')[1] ?? ''

  it('shows how much of its usual time is over', () => {
    expect(sentence('half of its usual time')).toMatchInlineSnapshot(
      `"The deployment to production runs since 10:45 UTC · ▰▱▱ usually 3m40s."`,
    )
  })

  it('says when it takes longer', () => {
    expect(sentence('longer than usual')).toMatchInlineSnapshot(
      `"The deployment to production runs since 10:45 UTC · longer than its usual 3m40s."`,
    )
  })
})

describe('A concern that reaches many, or a rollback', () => {
  it('mentions no more people than anybody reads', () => {
    const { pipeline, now } = new Ride()
    const people = Array.from({ length: 300 }, (_, at) => `somebody-with-a-long-name-${at}`)
    const concern: Concern = { ...PLAIN, kind: 'waiting', to: { at: 'direct', people } }
    const note = concernNote({ pipeline, concern, now, logOf: (run) => run })
    expect(flawsOf(note)).toEqual([])
    expect(note.text).toContain('somebody-with-a-long-name-9 and 290 more api: ')
  })

  it('about a rollback offers no end of the train, which would not end it', () => {
    const ride = new Ride().mergeThree().depart()
    const deployments = ride.pipeline.deployments.map(
      (one): Deployment => ({ ...one, kind: 'rollback' }),
    )
    const pipeline = { ...ride.pipeline, deployments }
    const [run] = deployments.map((one) => one.run)
    const concern: Concern = { ...PLAIN, kind: 'silent', about: run ?? '', train: 41 }
    const note = concernNote({ pipeline, concern, now: ride.now, logOf: (of) => of })
    expect(drawn(note)).not.toContain('Cancel')
    const forward = concernNote({
      pipeline: ride.pipeline,
      concern,
      now: ride.now,
      logOf: (of) => of,
    })
    expect(drawn(forward)).toContain('[ Cancel the train… ]')
  })
})

const PLAIN: Omit<Concern, 'kind'> = {
  about: '41 consent production',
  since: 0,
  says: 'it stands',
  act: 'look',
  command: null,
  train: null,
  environment: 'production',
  runs: [],
  to: { at: 'thread', people: [] },
}
