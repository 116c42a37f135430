/**
 * Many small writes as few large ones.
 *
 * Invariant: a caller is answered only after the write that holds its item has ended, and with that
 * write's own outcome. While one is under way, the next gathers.
 */
export interface GroupingOptions<T> {
  readonly write: (items: readonly T[]) => Promise<void>
  /** At most so many in one write. */
  readonly size: number
  /** With more than this waiting, the next caller is refused at once. */
  readonly waiting: number
}

/** Makes the function that adds one item and waits for its write. */
export function createGrouping<T>(options: GroupingOptions<T>): (item: T) => Promise<void> {
  interface Entry {
    readonly item: T
    readonly done: () => void
    readonly failed: (fault: unknown) => void
  }
  const queue: Entry[] = []
  let writing = false
  const drain = async (): Promise<void> => {
    writing = true
    while (queue.length > 0) {
      const group = queue.splice(0, options.size)
      await options.write(group.map(({ item }) => item)).then(
        () => group.forEach(({ done }) => void done()),
        (fault: unknown) => group.forEach(({ failed }) => void failed(fault)),
      )
    }
    writing = false
  }
  return (item) =>
    new Promise((done, failed) => {
      if (queue.length >= options.waiting) {
        failed(new Error(`${queue.length} writes wait already`))
        return
      }
      queue.push({ item, done, failed })
      if (!writing) void drain()
    })
}
