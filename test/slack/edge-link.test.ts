/**
 * People who are not in the configuration file, linked in Slack: asked, confirmed, refused, ended.
 *
 * Method: cem is a member nobody lists; bob may confirm; ana may not.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { policy } from '../world/policy.ts'
import type { Posted } from '../world/slack.ts'
import { ANA, BOB, EdgeTown, until } from './edge-town.ts'

const CEM = 'U0CEM'

let town: EdgeTown

beforeEach(async () => {
  town = await EdgeTown.open({ permissions: { ...policy().permissions, link: ['bob'] } })
  await town.meet()
})

afterEach(async () => {
  await town.close()
})

const question = (): Posted => {
  const found = town.slack
    .roots()
    .find(({ metadata }) => metadata?.['event_type'] === 'signalbox_link')
  if (found === undefined) throw new Error('nothing was asked in the channel')
  return found
}

const ask = async (user = CEM, login = 'cem-gh'): Promise<string> => {
  const answer = await town.slack.slash(user, `/deploy link ${login}`)
  await town.settle()
  return String(answer.body?.['text'])
}

const types = async (): Promise<readonly string[]> =>
  (await town.systemEvents()).map(({ type, actor }) => `${type} ${actor}`)

const linkedNames = async (): Promise<readonly string[]> =>
  (await town.meet()).filter(({ active }) => active).map(({ name }) => name)

describe('a claim', () => {
  test('is asked in the channel and gives nothing by itself', async () => {
    expect(await ask()).toContain('bob can confirm it')
    expect(question().text).toContain(`<@${CEM}> says that the GitHub login cem-gh`)
    expect(JSON.stringify(question().blocks)).toContain(`<@${BOB}>`)
    expect(await linkedNames()).toEqual(['ana', 'bob'])
    expect(await types()).toEqual([`link_asked slack:${CEM}`])
  })

  test('asked twice stands once', async () => {
    await ask()
    await ask()
    expect(town.slack.roots().length).toBe(1)
    expect(await types()).toHaveLength(1)
  })

  test('of another login takes the first one back', async () => {
    await ask()
    await ask(CEM, 'cem-two')
    expect(town.slack.roots().map(({ text }) => text.includes('no longer asks'))).toEqual([
      true,
      false,
    ])
  })

  test('of a login or by an account that is somebody’s is refused', async () => {
    expect(await ask(CEM, 'ANA')).toContain('belongs to ana already')
    expect(await ask(ANA, 'other')).toContain('belongs to ana already')
    expect(town.slack.roots()).toEqual([])
  })

  test('is never confirmed by oneself, nor by somebody without the permission', async () => {
    await ask()
    await town.slack.press(CEM, 'link.confirm', question())
    await town.slack.heard(CEM, 'somebody else with the permission')
    await town.slack.press(ANA, 'link.confirm', question())
    await town.slack.heard(ANA, 'needs the permission `link`')
    expect(await linkedNames()).toEqual(['ana', 'bob'])
    expect((await types()).slice(1)).toEqual([`refused slack:${CEM}`, 'refused ana'])
  })

  test('is withdrawn by whoever asked, and by nobody else', async () => {
    await ask()
    await town.slack.pressEphemeral(CEM, 'link.withdraw')
    await town.slack.heard(CEM, 'no longer ask')
    await town.settle()
    expect(question().text).toContain('no longer asks to be linked')
    expect(JSON.stringify(question().blocks)).not.toContain('link.confirm')
  })

  test('is refused by who knows better, and whoever asked is told', async () => {
    await ask()
    await town.slack.press(BOB, 'link.refuse', question())
    await town.settle()
    expect(question().text).toContain('bob did not confirm')
    expect(town.slack.roots('D0CEM')[0]?.text).toContain('bob did not confirm')
    expect(await types()).toEqual([`link_asked slack:${CEM}`, 'link_refused bob'])
    expect(await linkedNames()).toEqual(['ana', 'bob'])
  })
})

describe('a confirmed login', () => {
  const confirm = async (): Promise<void> => {
    await ask()
    await town.slack.press(BOB, 'link.confirm', question())
    await town.slack.heard(BOB, 'from now on')
    await town.settle()
  }

  test('lets its person consent, who was told the way before', async () => {
    await town.merge('zero')
    await town.merge('one', 'cem-gh')
    await town.slack.slash(ANA, '/deploy api')
    await town.settle()
    await town.slack.press(CEM, 'train.consent', town.button('train.consent'))
    await town.slack.heard(CEM, 'is not a linked person')
    await confirm()
    expect(await linkedNames()).toContain('cem-gh')
    await town.slack.press(CEM, 'train.consent', town.button('train.consent'))
    await until('cem has consented', async () => (await town.pipeline()).consents.length > 0)
    expect((await town.pipeline()).consents).toMatchObject([{ by: 'cem-gh' }])
    expect(town.slack.roots('D0CEM')[0]?.text).toContain('bob confirmed')
  })

  test('is answered once', async () => {
    await ask()
    const asked = question()
    const old = { ...asked, blocks: structuredClone(asked.blocks) }
    await town.slack.press(BOB, 'link.confirm', old)
    await town.slack.press(BOB, 'link.refuse', old)
    await town.slack.heard(BOB, 'answered or ended meanwhile')
    expect(await types()).toEqual([`link_asked slack:${CEM}`, 'link_confirmed bob'])
  })

  test('cannot be claimed by another account', async () => {
    await confirm()
    await town.meet()
    town.slack.unlisted.push({ id: 'U0NEW', team_id: 'T0HOME', name: 'eve', profile: {} })
    expect(await ask('U0NEW', 'Cem-GH')).toContain('belongs to cem-gh already')
  })

  test('is ended by its own person', async () => {
    await confirm()
    await town.meet()
    const own = await town.slack.slash(CEM, '/deploy link')
    expect(String(own.body?.['text'])).toContain('confirmed by bob')
    await town.slack.pressEphemeral(CEM, 'link.end')
    await town.slack.heard(CEM, 'no longer linked')
    expect(await linkedNames()).toEqual(['ana', 'bob'])
  })

  test('is ended by who may link, from the message of the link, and its tokens end too', async () => {
    await confirm()
    await town.meet()
    await town.slack.slash(CEM, '/deploy token')
    await town.slack.press(ANA, 'link.end', question())
    await town.slack.heard(ANA, 'needs the permission `link`')
    await town.slack.press(BOB, 'link.end', question())
    await town.slack.heard(BOB, 'no longer linked')
    expect((await types()).slice(-2)).toEqual(['link_ended bob', 'token_revoked bob'])
    expect(await linkedNames()).toEqual(['ana', 'bob'])
  })

  test('counts for nothing while its account is deactivated', async () => {
    await confirm()
    const user = { id: CEM, team_id: 'T0HOME', name: 'cem', deleted: true, profile: {} }
    await town.slack.event({ type: 'user_change', user })
    await until('cem is inactive', async () => !(await linkedNames()).includes('cem-gh'))
  })
})

test('a question that may have been posted already is looked for, and stands once', async () => {
  town.slack.fail('chat.postMessage', { kind: 'lost' })
  await ask()
  expect(town.slack.roots().length).toBe(1)
  await town.slack.press(BOB, 'link.confirm', question())
  await town.settle()
  expect(question().text).toContain('bob confirmed')
})

test('where nobody may confirm, whoever asks is told so', async () => {
  await town.close()
  town = await EdgeTown.open()
  await town.meet()
  expect(await ask()).toContain('nobody holds the permission link of api')
})
