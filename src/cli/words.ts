/**
 * What the verbs share: how arguments are read, and how they are handed on.
 *
 * Invariant: an argument that cannot be read is refused before anything is asked of the server.
 */
import { type Command, InvalidArgumentError } from 'commander'
import { visible } from './visible.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Declares a verb. */
export type Sub = (usage: string, description: string) => Command

/** Sends a command and prints what happened. */
export type Tell = (pipeline: string, command: Fields) => Promise<void>

export const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  return Number(text)
}

export const list = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
]

export const words = (reason: readonly string[]): string => reason.join(' ')

/** One event a line, as every verb prints what it did. */
export function printEvents({ events }: Fields): void {
  const happened = events as readonly {
    readonly seq: number
    readonly type: string
    readonly actor: string
  }[]
  for (const { seq, type, actor } of happened) console.log(visible(`${seq} ${type} by ${actor}`))
  if (happened.length === 0) console.log('nothing new')
}
