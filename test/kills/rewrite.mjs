// The load hook: every line that is a marker comment becomes a call.
// Invariant: a line stays a line, so stack traces and source maps still hold. `(…)` after the name
// is an expression that tells what is under way there.
const MARKER = /^([ \t]*)\/\/! failpoint ([a-z_]+(?:\.[a-z_]+)+)(?: \((.+)\))?$/gm

const callOf = (_, indent, name, of) =>
  `${indent};globalThis.signalboxFailpoint('${name}'${of === undefined ? '' : `, ${of}`});`

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context)
  if (loaded.format !== 'module' || !url.includes('/dist/')) return loaded
  const source = Buffer.from(loaded.source).toString('utf8')
  return { ...loaded, source: source.replaceAll(MARKER, callOf) }
}
