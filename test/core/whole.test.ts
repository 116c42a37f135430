/** A policy kept by an earlier version: what it lacks, and never what is another environment's. */
import { expect, test } from 'vitest'
import type { EnvironmentPolicy, Policy } from '../../src/core/policy.ts'
import type { VerifyStep } from '../../src/core/verify-step.ts'
import { wholePolicy } from '../../src/core/whole.ts'
import { environment, policy, readWindows } from '../world/policy.ts'

const version: VerifyStep = {
  kind: 'http',
  name: 'version',
  urls: ['http://staging-01/version'],
  status: 200,
  path: '$.sha',
  expect: { is: 'sha' },
  everyMs: 30_000,
  timeoutMs: 10_000,
  times: 3,
  withinMs: 0,
}

const watched = {
  windows: readWindows({ allow: ['Mon-Fri'] }),
  verify: [version],
  reality: { everyMs: 300_000, times: 5 },
}

/** As a version kept it that knew neither windows nor verifications. */
function kept(...names: readonly string[]): Policy {
  const places = names.map((name) => {
    const { windows, verify, reality, ...place } = environment(name)
    return place as EnvironmentPolicy
  })
  return policy({ environments: places })
}

const read = (...places: readonly EnvironmentPolicy[]): Policy => policy({ environments: places })

const whole = (stored: Policy, present: Policy, name: string) =>
  wholePolicy(stored, present).environments.find((one) => one.name === name)

test('an environment takes what it lacks from itself, as the file has it now', () => {
  const present = read(environment('staging'), environment('production', watched))
  expect(whole(kept('staging', 'production'), present, 'production')).toMatchObject(watched)
})

test('one that is renamed takes it from its new name', () => {
  const present = read(
    environment('staging'),
    environment('production', { ...watched, was: 'prod' }),
  )
  expect(whole(kept('staging', 'prod'), present, 'prod')).toMatchObject(watched)
})

test('one that the file names no more is not looked at where another one is', () => {
  const present = read(environment('staging', watched))
  expect(whole(kept('staging', 'production'), present, 'production')).toMatchObject({
    windows: null,
    verify: [],
    reality: null,
  })
})
