/**
 * What `npm run sim` may be asked for.
 *
 * Invariant: a mistyped option ends the run before it begins.
 */
import { parseArgs } from 'node:util'

export interface Options {
  /** How many histories at most. */
  readonly histories: number
  readonly seed: number
  /** Stops after so long. */
  readonly seconds: number
  /** Fewer than this in that time prove too little: the run fails. */
  readonly atLeast: number
  readonly threads: number
}

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      histories: { type: 'string', default: '2000' },
      seed: { type: 'string' },
      seconds: { type: 'string', default: '86400' },
      'at-least': { type: 'string', default: '0' },
      threads: { type: 'string', default: '2' },
    },
  })
  const number = (name: string, text: string): number => {
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a whole number`)
    return value
  }
  return {
    histories: number('histories', values.histories),
    seed: values.seed === undefined ? freshSeed() : number('seed', values.seed),
    seconds: number('seconds', values.seconds),
    atLeast: number('at-least', values['at-least']),
    threads: Math.max(1, number('threads', values.threads)),
  }
}

const freshSeed = (): number => Math.floor(Math.random() * 1_000_000_000)
