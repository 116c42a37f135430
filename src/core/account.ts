/**
 * What an agent tells by itself.
 *
 * Invariant: the journal's own words: a line that was restored from a backup may know less.
 */

/** What an agent's journal tells of a run that this line did not order, or has forgotten. */
export interface Account {
  readonly agent: string
  /** The run's epoch in that journal; the deployment's own may be higher. */
  readonly epoch: number
  /** What the journal says of it, which may be more than a line that forgot it believes. */
  readonly status: 'running' | 'succeeded' | 'failed' | 'aborted' | 'unknown'
  /** Who ordered it on the agent's machine, and why; null: the line did, and was restored since. */
  readonly hand: { readonly by: string; readonly reason: string } | null
}
