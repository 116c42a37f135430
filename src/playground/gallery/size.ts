/**
 * How large a picture is against Slack's limits, and what Slack would refuse of it.
 *
 * Invariant: measured by the same rules as everything that is posted here.
 */
import type { Exhibit } from '../page/shape.ts'
import { BLOCK_TEXT_MAX, BLOCKS_MAX, textLength, wrongBlocks, wrongView } from '../wire/limits.ts'
import type { Picture } from './picture.ts'

export function sizeOf({ surface, message, view }: Picture): Exhibit['size'] {
  const { blocks } = message
  const place = surface === 'home' || surface === 'modal' ? surface : 'message'
  const wrong =
    view === null ? wrongBlocks(blocks, place) : wrongView(JSON.parse(JSON.stringify(view)))
  return {
    blocks: blocks.length,
    blocksMax: BLOCKS_MAX[place],
    characters: textLength(blocks),
    charactersMax: BLOCK_TEXT_MAX,
    longest: Math.max(0, ...blocks.map(longestIn)),
    refused: wrong.map(({ at, message: why }) => `${at}: ${why}`),
  }
}

function longestIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce(
    (most, [key, one]) =>
      Math.max(most, key === 'text' && typeof one === 'string' ? one.length : longestIn(one)),
    0,
  )
}
