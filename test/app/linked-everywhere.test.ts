/** A process as `serve` lines it up: whoever is linked meanwhile is met without being told. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readEnvironment } from '../../src/config/environment.ts'
import { saveHomeWorkspace, saveMembers } from '../../src/db/slack-people.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { lineUp } from '../../src/line-up.ts'
import { watchPolicies } from '../../src/policy-watch.ts'
import { until } from '../slack/edge-town.ts'
import { quiet, testDatabase } from '../world/database.ts'
import { people, policy } from '../world/policy.ts'

test('a running process meets whoever is linked, and loses whoever is not any more', async () => {
  const { pool, url, drop } = await testDatabase()
  const home = mkdtempSync(join(tmpdir(), 'signalbox-linked-'))
  const environment = readEnvironment({ SIGNALBOX_HOME: home })
  if (!environment.ok) throw new Error('a fresh environment is whole')
  const file = { path: 'signalbox.yml', people, policies: [policy()], lines: {} }
  const serving = { config: environment.config, file, role: 'web', log: quiet } as const
  const line = await lineUp(serving, { pool, url, delivers: () => false })
  const watch = watchPolicies(line, { reread: () => ({ ok: true, file }), log: quiet })
  const isMet = (): boolean =>
    line.policies.people().some(({ name }) => name === 'zoe') &&
    line.pipelines.get('api')?.people.some(({ name }) => name === 'zoe') === true
  const workspace = { team: 'T0HOME', url: 'https://acme.slack.com/' }
  const zoe = { team: 'T0HOME', id: 'U0ZOE', name: 'zoe', email: null }
  const flags = { guest: false, deactivated: false, foreigner: false, bot: false }
  await inTransaction(pool, async (tx) => {
    await saveHomeWorkspace(tx, workspace)
    await saveMembers(tx, [{ ...zoe, ...flags }])
  })
  await pool.query(
    `INSERT INTO links (team, member, login, how, by_name, at)
     VALUES ('T0HOME', 'U0ZOE', 'zoe', 'confirmed', 'dee', now())`,
  )
  await until('zoe is met', isMet)
  await watch.reload()
  expect(isMet()).toBe(true)
  await pool.query(`UPDATE links SET ended_at = now(), ended_by = 'dee'`)
  await until('zoe is met no more', () => !isMet())
  await watch.stop()
  await line.hints.stop()
  await drop()
  rmSync(home, { recursive: true, force: true })
})
