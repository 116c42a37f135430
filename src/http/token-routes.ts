/**
 * One's own tokens over the API: see them, end them.
 *
 * Invariant: no token makes another: a leaked one would outlive its ninety days.
 */
import { Hono } from 'hono'
import { iso } from '../app/json.ts'
import type { Tokens } from '../app/tokens.ts'
import type { Actor } from '../core/model.ts'

/** The routes below `/api/v1/tokens`; who asks is known already. */
export function createTokenRoutes(tokens: Tokens): Hono<{ Variables: { actor: Actor } }> {
  const routes = new Hono<{ Variables: { actor: Actor } }>()
  routes.get('/', async (c) => {
    const mine = await tokens.list(c.get('actor').name)
    return c.json({
      tokens: mine.map(({ id, issuedAt, expiresAt }) => ({
        id,
        issued: iso(issuedAt.getTime()),
        expires: iso(expiresAt.getTime()),
      })),
    })
  })
  routes.delete('/:id', async (c) => {
    const id = c.req.param('id')
    const ended = await tokens.revoke({ id, person: c.get('actor').name })
    return ended ? c.json({ revoked: id }) : c.json({ error: `you have no token ${id}` }, 404)
  })
  return routes
}
