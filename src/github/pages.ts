/**
 * All pages of a list.
 *
 * Invariant: bounded; a list that has more pages is told as incomplete, never as whole.
 */
export interface Page<T> {
  readonly items: readonly T[]
  /** The `Link` header. */
  readonly link: string | undefined
}

export interface Pages<T> {
  readonly items: readonly T[]
  readonly complete: boolean
}

/** Asks for page 1, 2, … until there is no next one, or `max` were read. */
export async function allPages<T>(
  max: number,
  ask: (page: number) => Promise<Page<T>>,
): Promise<Pages<T>> {
  const items: T[] = []
  for (let page = 1; page <= max; page += 1) {
    const { items: more, link } = await ask(page)
    items.push(...more)
    if (!link?.includes('rel="next"')) return { items, complete: true }
  }
  return { items, complete: false }
}
