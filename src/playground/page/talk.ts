/**
 * Speaking with the server, and who one is on this page.
 *
 * Invariant: a fault of the line is a sentence for the person, never an exception.
 */
import type { Done, Sight } from './shape.ts'

const KEY = 'signalbox.as'

export function whoAmI(): string {
  return sessionStorage.getItem(KEY) ?? 'U0ANA'
}

export function become(id: string): void {
  sessionStorage.setItem(KEY, id)
}

export async function look(): Promise<Sight> {
  const answer = await fetch(`/playground/state?as=${encodeURIComponent(whoAmI())}`)
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`)
  return (await answer.json()) as Sight
}

export async function act(name: string, body: Readonly<Record<string, unknown>>): Promise<Done> {
  try {
    const answer = await fetch(`/playground/do/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, as: whoAmI() }),
    })
    return (await answer.json()) as Done
  } catch {
    return { ok: false, message: 'The playground does not answer. Is `npm start` still running?' }
  }
}

/** Calls `changed` now and whenever something is new; reconnects by itself. */
export function listen(changed: () => void, line: (isUp: boolean) => void): void {
  const source = new EventSource('/playground/news')
  source.addEventListener('changed', changed)
  source.addEventListener('open', () => line(true))
  source.addEventListener('error', () => line(false))
}

/** What went wrong, as one sentence; null: nothing did. */
export function troubleOf(done: Done): string | null {
  if (done.ok) return null
  return 'message' in done ? done.message : Object.values(done.errors).join(' ')
}
