/**
 * A concern: something stands that nobody may have noticed, and somebody could act.
 *
 * Invariant: `about` stays the same for as long as it stands, so that it is told once; what is
 * told names who can act, and the act.
 */

export const CONCERNS = [
  'not_started',
  'silent',
  'slower',
  'checks',
  'waiting',
  'lock',
  'no_deploy',
  'failures',
] as const

export type ConcernKind = (typeof CONCERNS)[number]

/** Who is told. Of a train without a message of its own, and of people out of reach, the channel. */
export type Told =
  /** In the channel; where a train is concerned, in its thread too. */
  | { readonly at: 'channel' }
  /** In the train's thread, where these people are mentioned; nobody: shown in the channel too. */
  | { readonly at: 'thread'; readonly people: readonly string[] }
  /** Each of them in person. */
  | { readonly at: 'direct'; readonly people: readonly string[] }

export interface Concern {
  readonly kind: ConcernKind
  /** What it is about: with the kind its name in this pipeline. */
  readonly about: string
  readonly since: number
  /** What stands, as a sentence without its stop. */
  readonly says: string
  /** What to do about it. */
  readonly act: string
  /** A command for it; null: there is none. */
  readonly command: string | null
  readonly train: number | null
  readonly environment: string | null
  /** Whose logs tell more. */
  readonly runs: readonly string[]
  readonly to: Told
}

/** What is known beyond the line as it stands. */
export interface History {
  /** When the log of a run under way last grew, by run. */
  readonly spoke: ReadonlyMap<string, number>
  /** What a migration's run under way usually takes, in milliseconds; nobody can say: left out. */
  readonly usual: ReadonlyMap<string, number>
  /** When each agent was last heard of. */
  readonly seen: ReadonlyMap<string, number>
  /** Who sent a train, where a person did. */
  readonly senders: ReadonlyMap<number, string>
  /** What failed in each environment since something succeeded there, oldest first. */
  readonly failures: readonly Failure[]
}

export interface Failure {
  readonly environment: string
  readonly run: string
  readonly at: number
}

/** Whether something has stood for as long as a policy lets it; null: as long as it likes. */
export const isOver = (since: number, limitMs: number | null, now: number): boolean =>
  limitMs !== null && now >= since + limitMs
