/**
 * One step of a verification: what it looks at, how often, and what it takes for healthy.
 *
 * Invariant: plain data, every default filled in.
 */

/** What a step of a verification looks at, and what it takes for healthy. */
export type VerifyLook =
  /** Every address must answer `status`, and there, if a value is expected, that value. */
  | {
      readonly kind: 'http'
      readonly urls: readonly string[]
      readonly status: number
      /** JSONPath to the value; null: the whole body is it. */
      readonly path: string | null
      /** Null: the status alone counts. */
      readonly expect: Expected | null
    }
  /** A command on the machine of the environment's agent: exit status 0 is a pass. */
  | { readonly kind: 'run'; readonly run: string; readonly in: string | null }
  /** Every sample of the query's answer must lie within the bounds. */
  | {
      readonly kind: 'prometheus'
      readonly url: string
      readonly query: string
      readonly min: number | null
      readonly max: number | null
    }
  | ComparisonLook

export type Expected =
  | { readonly is: 'sha' }
  | { readonly is: 'value'; readonly value: string | number | boolean }

/** The numbers of a query for the new release against those for the old one, over the same minutes. */
export interface ComparisonLook {
  readonly kind: 'comparison'
  readonly url: string
  /** `{{release}}` stands for the sha of either. */
  readonly query: string
  readonly better: 'lower' | 'higher'
  readonly test: 'mann-whitney'
  /** Below this p the new release is worse. */
  readonly fail: number
  /** From this p on it is not worse; in between nobody can tell. */
  readonly pass: number
  /** At least so many numbers of each; fewer tell nothing. */
  readonly samples: number
  /** A difference smaller than this part of the old release's median is none. */
  readonly by: number
}

/** One step of a verification. */
export type VerifyStep = VerifyLook & {
  readonly name: string
  /** Between two looks. */
  readonly everyMs: number
  /** One look may take this long; then it says nothing. */
  readonly timeoutMs: number
  /** So many bad looks in a row are a verdict. */
  readonly times: number
  /** After the deployment, bad looks are no verdict for so long: instances come along one by one. */
  readonly withinMs: number
}
