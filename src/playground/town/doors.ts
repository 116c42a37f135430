/**
 * The front doors: one address for each environment of the shop, and one for the till's newest
 * release, whatever process serves there now.
 *
 * Invariant: passes on an instance's own answer to the two questions a deployment is verified by,
 * and nothing else of it.
 */
import { Hono } from 'hono'
import { instanceAt } from './instances.ts'
import { sharesOf, tillAt } from './tills.ts'

/** Where they stand in the playground. */
export const DOORS = '/playground/shops'

const QUESTIONS: readonly string[] = ['version', 'healthz']
const ANSWER_WITHIN_MS = 3_000

/** To be mounted at `DOORS`. */
export function doorRoutes(sites: string): Hono {
  const routes = new Hono()
  routes.get('/:environment/:question', async (c) => {
    const { environment, question } = c.req.param()
    if (!QUESTIONS.includes(question)) return c.notFound()
    const instance = environment === 'till' ? newestTill(sites) : instanceAt(sites, environment)
    if (instance === null) return c.json({ error: `nothing runs in ${environment}` }, 503)
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
      const answer = await fetch(`${instance}/${question}`, { signal })
      const headers = { 'content-type': 'application/json' }
      return new Response(await answer.text(), { status: answer.status, headers })
    } catch {
      return c.json({ error: `${environment} does not answer` }, 503)
    }
  })
  return routes
}

/** The one that was deployed last, however many customers it gets yet. */
function newestTill(sites: string): string | null {
  const [newest] = sharesOf(sites)
  return newest === undefined ? null : tillAt(sites, newest.release)
}
