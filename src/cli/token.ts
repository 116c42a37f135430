/**
 * `signalbox token`: one's own tokens. A new one comes from Slack (`/deploy token`), shown once.
 *
 * Invariant: a token is called by its id; the secret is never printed.
 */
import type { Command } from 'commander'
import { createApiClient } from './api-client.ts'

export function addToken(program: Command): void {
  const api = createApiClient(process.env)
  const token = program.command('token').description('your tokens; a new one: /deploy token')
  token
    .command('list')
    .description('those that work, and until when')
    .action(async () => {
      const { tokens } = await api.get('/tokens')
      const rows = tokens as { id: string; issued: string; expires: string }[]
      for (const { id, issued, expires } of rows) {
        console.log(`${id}  issued ${issued.slice(0, 10)}  works until ${expires.slice(0, 10)}`)
      }
      if (rows.length === 0) console.log('none; `/deploy token` in Slack gives you one')
    })
  token
    .command('revoke <id>')
    .description('end one at once')
    .action(async (id: string) => {
      await api.remove(`/tokens/${encodeURIComponent(id)}`)
      console.log(`${id} no longer works`)
    })
}
