/**
 * Where in the text a value stands.
 *
 * Invariant: there is always a line; for what is missing, it is that of what should hold it.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
} from 'yaml'

const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key)

/** Makes the look-up from a path of keys and indexes to a line of the document. */
export function lineFinder(
  document: Document,
  lines: LineCounter,
): (path: readonly PropertyKey[]) => number {
  const lineOf = (node: unknown, otherwise: number): number =>
    isNode(node) && node.range ? lines.linePos(node.range[0]).line : otherwise
  const followed = (node: unknown): Node | undefined => {
    const target = isAlias(node) ? node.resolve(document) : node
    return isNode(target) ? target : undefined
  }
  return (path) => {
    let node = followed(document.contents)
    let line = lineOf(node, 1)
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => keyText(key) === String(step))
        if (pair === undefined) return line
        line = lineOf(pair.key, line)
        node = followed(pair.value)
      } else if (isSeq(node)) {
        const item = node.items[Number(step)]
        line = lineOf(item, line)
        node = followed(item)
      } else return line
    }
    return line
  }
}
