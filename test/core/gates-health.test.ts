/**
 * What is deployed and not verified: in which words each environment behind it waits.
 */
import { describe, expect, test } from 'vitest'
import type { Look } from '../../src/core/finding.ts'
import { reasons } from '../../src/core/gate.ts'
import type { EnvironmentPolicy, OnFailurePolicy } from '../../src/core/policy.ts'
import type { VerifyStep } from '../../src/core/verify-step.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const step = (name: string): VerifyStep => ({
  kind: 'run',
  name,
  run: 'true',
  in: null,
  everyMs: 30_000,
  timeoutMs: 10_000,
  times: 1,
  withinMs: 0,
})

const GOOD: Look = { outcome: 'pass', says: 'fine', good: 1, all: 1, behind: [] }
const BAD: Look = { ...GOOD, outcome: 'fail', says: 'it burns', good: 0 }
const SILENT: Look = { ...GOOD, outcome: 'inconclusive', says: 'no answer', good: 0 }

/** `a` has succeeded in staging, where `smoke` is looked at; `b` departed behind it. */
function succeeded(over: Partial<EnvironmentPolicy> = {}): LineStory {
  const verify = [step('smoke')]
  const staging = environment('staging', { verify, soakMs: 60_000, ...over })
  const story = new LineStory(policy({ environments: [staging, environment('production')] }))
  story.merge(change('a'))
  story.depart()
  story.pass(1_000)
  story.run('staging', 'succeeded')
  story.merge(change('b', { parent: sha('a') }))
  story.depart()
  return story
}

function looked(look: Look, over: Partial<EnvironmentPolicy> = {}): LineStory {
  const story = succeeded(over)
  story.pass(1_000)
  const run = story.pipeline.deployments.at(-1)?.run ?? ''
  const its = { run, step: 'smoke', at: story.now, before: null, look }
  story.act('signalbox', { type: 'record_verification', ...its })
  return story
}

const own = (story: LineStory) =>
  story.blockersAt(1, 'production').find(({ gate }) => gate !== 'consent')
const behind = (story: LineStory) => story.blockersAt(2, 'staging').at(-1)

describe('while nobody has looked yet', () => {
  test('the train waits for its verification, and the next one for that train', () => {
    expect(own(succeeded())).toMatchInlineSnapshot(`
      {
        "clearBy": "wait for its verification",
        "environment": "production",
        "gate": "soak",
        "message": "it is being verified in staging: smoke not looked at yet",
        "since": 1001000,
        "until": null,
      }
    `)
    expect(behind(succeeded())).toMatchInlineSnapshot(`
      {
        "clearBy": "wait for its verification",
        "environment": "staging",
        "gate": "occupied",
        "message": "train #1 is being verified in staging: smoke not looked at yet",
        "since": 1001000,
        "until": null,
      }
    `)
  })
})

describe('found well', () => {
  test('the train soaks, and says until when', () => {
    expect(own(looked(GOOD))).toMatchInlineSnapshot(`
      {
        "clearBy": "wait until the soak is over",
        "environment": "production",
        "gate": "soak",
        "message": "it soaks in staging",
        "since": 1001000,
        "until": 1062000,
      }
    `)
    expect(behind(looked(GOOD))).toMatchInlineSnapshot(`
      {
        "clearBy": "wait for train #1",
        "environment": "staging",
        "gate": "occupied",
        "message": "train #1 soaks in staging",
        "since": 1001000,
        "until": 1062000,
      }
    `)
  })
})

describe('found neither well nor ill', () => {
  test('both wait for somebody who looks at it', () => {
    expect(own(looked(SILENT))).toMatchInlineSnapshot(`
      {
        "clearBy": "look at it, then continue with a reason, or take it back",
        "environment": "production",
        "gate": "soak",
        "message": "the verification of it in staging is inconclusive: smoke: no answer",
        "since": 1001000,
        "until": null,
      }
    `)
    expect(behind(looked(SILENT))).toMatchInlineSnapshot(`
      {
        "clearBy": "look at it, then continue with a reason, or take it back",
        "environment": "staging",
        "gate": "occupied",
        "message": "the verification of train #1 in staging is inconclusive: smoke: no answer",
        "since": 1001000,
        "until": null,
      }
    `)
  })
})

describe('in the last environment', () => {
  const waiting = (over: Partial<EnvironmentPolicy>, look?: Look) => {
    const story = new LineStory(
      policy({ environments: [environment('production', { soakMs: 60_000, ...over })] }),
    )
    story.merge(change('a'))
    story.depart()
    story.run('production', 'succeeded')
    if (look !== undefined) {
      story.pass(1_000)
      const run = story.pipeline.deployments.at(-1)?.run ?? ''
      const its = { run, step: 'smoke', at: story.now, before: null, look }
      story.act('signalbox', { type: 'record_verification', ...its })
    }
    const train = story.pipeline.trains.find(({ number }) => number === 1)
    return train && reasons(story.pipeline, train, story.now)[0]
  }

  test('the train says what keeps it from arriving', () => {
    const verify = [step('smoke')]
    expect(waiting({ verify }, SILENT)).toMatchInlineSnapshot(`
      {
        "clearBy": "look at it, then continue with a reason, or take it back",
        "environment": "production",
        "gate": "soak",
        "message": "the verification of it in production is inconclusive: smoke: no answer",
        "since": 1000000,
        "until": null,
      }
    `)
    expect(waiting({ verify }, BAD)).toMatchObject({ gate: 'failed', environment: 'production' })
    expect(waiting({ verify })).toMatchObject({ gate: 'soak', until: null })
    expect(waiting({})).toMatchInlineSnapshot(`
      {
        "clearBy": "wait until the soak is over",
        "environment": "production",
        "gate": "soak",
        "message": "it soaks in production",
        "since": 1000000,
        "until": 1060000,
      }
    `)
  })

  test('nothing keeps one that has arrived', () => {
    expect(waiting({ soakMs: 0 })).toBeUndefined()
  })
})

describe('found ill', () => {
  test('both wait for somebody who decides', () => {
    expect(own(looked(BAD))).toMatchInlineSnapshot(`
      {
        "clearBy": "take it back, retry it, or continue with a reason",
        "environment": "production",
        "gate": "failed",
        "message": "the verification of it in staging failed: smoke: it burns",
        "since": 1001000,
        "until": null,
      }
    `)
    expect(behind(looked(BAD))).toMatchInlineSnapshot(`
      {
        "clearBy": "take it back, retry it, or continue with a reason",
        "environment": "staging",
        "gate": "failed",
        "message": "the verification of train #1 in staging failed: smoke: it burns",
        "since": 1001000,
        "until": null,
      }
    `)
  })

  test('the next one waits for the countdown that takes it back, or for somebody', () => {
    const onFailure: OnFailurePolicy = { act: 'roll_back', afterMs: 30_000, dryRun: false }
    const story = new LineStory(
      policy({
        environments: [
          environment('production', { verify: [step('smoke')], onFailure, soakMs: 0 }),
        ],
        checks: { require: [], timeoutMs: 60_000, settleMs: 0 },
      }),
    )
    let parent: string | null = null
    for (const [name, look] of [
      ['a', GOOD],
      ['b', BAD],
    ] as const) {
      story.merge(change(name, { parent }))
      story.depart()
      story.run('production', 'succeeded')
      story.pass(1_000)
      const run = story.pipeline.deployments.at(-1)?.run ?? ''
      const its = { run, step: 'smoke', at: story.now, before: null, look }
      story.act('signalbox', { type: 'record_verification', ...its })
      parent = sha(name)
    }
    story.merge(change('c', { parent }))
    story.depart()
    expect(story.blockersAt(3, 'production').at(-1)?.clearBy).toMatchInlineSnapshot(
      `"wait: it goes back to 86f7e437 by itself unless somebody cancels that; or take it back, retry it, or continue with a reason"`,
    )
  })
})
