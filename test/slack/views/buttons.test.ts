/**
 * The buttons: every one that people are promised is drawn somewhere, and says what it acts on.
 */
import { describe, expect, it } from 'vitest'
import type { FlagOff } from '../../../src/core/flag-off.ts'
import { pictures } from '../../../src/playground/gallery/pictures.ts'
import { states, trainOf } from '../../../src/playground/gallery/states.ts'
import { pressed } from '../../../src/slack/actions.ts'
import { commandOf } from '../../../src/slack/modals.ts'
import type { Message } from '../../../src/slack/scene.ts'
import { announcement } from '../../../src/slack/views/announcement.ts'
import { narrate } from '../../../src/slack/views/narration.ts'
import { readValue } from '../../../src/slack/words/button-value.ts'

const buttonsOf = ({ blocks }: Message) =>
  blocks.flatMap((block) =>
    block.type === 'actions'
      ? block.elements.flatMap((one) => (one.type === 'button' ? [one] : []))
      : [],
  )

const all = states()

const idsIn = (name: string): readonly string[] => {
  const ride = all[name]
  if (ride === undefined) throw new Error(`there is no state ${name}`)
  return buttonsOf(announcement(ride.scene(trainOf(name)))).map(({ action_id: id }) => id ?? '')
}

/** Of the announcement, in order; `!` behind what stands out. */
const shownOn = (name: string): readonly string[] => {
  const ride = all[name]
  if (ride === undefined) throw new Error(`there is no state ${name}`)
  return buttonsOf(announcement(ride.scene(trainOf(name)))).map(
    ({ action_id: id, style }) => `${id}${style === 'primary' ? '!' : ''}`,
  )
}

/** Of the thread's reply to something that went wrong, in order; `!` behind what stands out. */
const replyTo = (name: string, type: 'verification_recorded' | 'deployment_ended') => {
  const ride = all[name]
  if (ride === undefined) throw new Error(`there is no state ${name}`)
  return ride.told.flatMap((told) => {
    const note =
      told.event.type === type ? narrate(told, ride.scene(trainOf(name)), ride.pipeline) : null
    const found = note === null ? [] : buttonsOf(note)
    const ids = found.map(({ action_id: id, style }) => `${id}${style === 'primary' ? '!' : ''}`)
    return ids.length === 0 ? [] : [ids]
  })
}

describe('Buttons', () => {
  it('of a rollout and of a verification act on the deployment that they were drawn for', () => {
    const drawn = Object.entries(all).flatMap(([name, ride]) => {
      const scene = ride.scene(trainOf(name))
      const keys = scene.deployments.map(({ key }) => key)
      return buttonsOf(announcement(scene)).flatMap(({ action_id: id = '', value: text = '' }) => {
        const value = readValue(text)
        if (value === null || !/^(rollout|verification)\./.test(id)) return []
        const asked = pressed(id, value)
        const its = { value, channel: 'C1', thread: null }
        const command =
          asked.do === 'ask_reason' ? commandOf({ act: asked.act, ...its }, 'it is fine') : null
        const meant = command !== null && 'deployment' in command ? command.deployment : null
        return [{ name, id, isOne: keys.includes(meant ?? '') }]
      })
    })
    expect(drawn.length).toBeGreaterThan(4)
    expect(drawn.filter(({ isOne }) => !isOne)).toEqual([])
    const nameless = { pipeline: 'api', environment: 'production' }
    expect(pressed('rollout.pause', nameless)).toEqual({ do: 'unreadable' })
  })

  it('of a sick release begin with the quickest way out, which alone stands out', () => {
    const back = ['train.rollback!', 'verification.continue', 'train.retry']
    expect(replyTo('sick, and about to go back', 'verification_recorded').at(-1)).toEqual(back)
    const flag = ['flag.off!', 'train.rollback', 'verification.continue', 'train.retry']
    expect(replyTo('its flag turned off', 'verification_recorded').at(-1)).toEqual(flag)
  })

  it('offer a flag again that was on again with this deployment, or is not off yet', () => {
    const name = 'not healthy, with a suspect'
    const scene = all[name]?.scene(trainOf(name))
    if (scene === undefined) throw new Error(`there is no state ${name}`)
    const began = scene.deployments.at(-1)?.requestedAt ?? 0
    const offers = (status: FlagOff['status'], since: number): boolean => {
      const flags: readonly FlagOff[] = [{ flag: 'prices', by: 'dee', since, status, says: null }]
      const environments = scene.pipeline.environments.map((one) => ({ ...one, flags }))
      const its = { ...scene, pipeline: { ...scene.pipeline, environments } }
      return buttonsOf(announcement(its)).some(({ action_id: id }) => id === 'flag.off')
    }
    expect(offers('done', began - 1)).toBe(true)
    expect(offers('done', began + 1)).toBe(false)
    expect(offers('requested', began + 1)).toBe(true)
    expect(offers('failed', began + 1)).toBe(true)
  })

  it('of an announcement begin with the flag of a suspect, until somebody has turned it off', () => {
    const others = ['verification.continue', 'train.retry']
    const standing = shownOn('not healthy, with a suspect')
    expect(standing).toEqual(['flag.off!', 'train.rollback', ...others])
    expect(shownOn('its flag turned off')).toEqual(['train.rollback!', ...others])
    expect(shownOn('its flag not turned off')).toEqual(standing)
  })

  it('never compete: of each message, one stands out at most', () => {
    const loud = pictures().filter(
      ({ message }) => buttonsOf(message).filter(({ style }) => style === 'primary').length > 1,
    )
    expect(loud.map(({ name }) => name)).toEqual([])
  })

  it('are all drawn somewhere', () => {
    const ids = pictures().flatMap(({ message }) =>
      buttonsOf(message).map(({ action_id: id }) => id ?? ''),
    )
    expect([...new Set(ids)].sort()).toEqual([
      'countdown.cancel',
      'flag.off',
      'line.claim',
      'line.resume',
      'link.confirm',
      'link.end',
      'link.refuse',
      'link.withdraw',
      'lock.release',
      'lock.take_over',
      'migration.pause',
      'migration.resume',
      'migration.run',
      'rollback.confirm',
      'rollback.dismiss',
      'rollout.continue',
      'rollout.pause',
      'rollout.skip',
      'special.confirm',
      'special.dismiss',
      'train.approve',
      'train.cancel',
      'train.consent',
      'train.depart',
      'train.go_outside_windows',
      'train.go_under_lock',
      'train.hold',
      'train.release_veto',
      'train.retry',
      'train.rollback',
      'train.thread',
      'train.vouch',
      'train.withdraw',
      'verification.continue',
    ])
  })

  it('let others vouch at once for an author whose account is deactivated', () => {
    const scene = all['waiting for consent']?.scene(41)
    if (scene === undefined) throw new Error('there is no such state')
    const drawn = (gone: readonly string[]): readonly string[] => {
      const people = scene.pipeline.people.map((one) =>
        gone.includes(one.name) ? { ...one, active: false } : one,
      )
      const message = announcement({ ...scene, pipeline: { ...scene.pipeline, people } })
      return buttonsOf(message).map(({ action_id: id }) => id ?? '')
    }
    expect(drawn([])).not.toContain('train.vouch')
    expect(drawn(['bob', 'cem'])).toContain('train.vouch')
  })

  it('name the plan that was on show, where a plan is what they speak for', () => {
    const found = pictures().flatMap(({ message }) => buttonsOf(message))
    for (const { action_id: id, value = '' } of found) {
      if (id === 'train.approve' || id?.startsWith('train.go_')) {
        expect(readValue(value)?.plan).toMatch(/^[0-9a-f]{8,}$/)
      }
    }
  })

  it('fit the state', () => {
    expect(idsIn('boarding')).toEqual(['train.depart', 'train.hold'])
    expect(idsIn('held')).toEqual(['train.withdraw', 'train.cancel'])
    expect(idsIn('stopped')).toEqual(['line.claim', 'line.resume', 'train.cancel'])
    expect(idsIn('deploying')).toEqual(['train.cancel'])
    expect(idsIn('soaking')).toEqual([])
    expect(idsIn('failed above a release')).toEqual([
      'train.retry',
      'train.rollback',
      'train.cancel',
    ])
    expect(idsIn('about to go back')).toEqual([
      'countdown.cancel',
      'train.rollback',
      'train.retry',
      'train.cancel',
    ])
    expect(idsIn('sick, and about to go back')).toEqual([
      'countdown.cancel',
      'train.rollback',
      'verification.continue',
      'train.retry',
    ])
    expect(idsIn('waiting for an absent author')).toContain('train.vouch')
    expect(idsIn('vetoed')).toContain('train.release_veto')
  })
})
