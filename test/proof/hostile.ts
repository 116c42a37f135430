/**
 * Texts that somebody hostile would write: as a title, a name, a branch, a reason.
 *
 * Invariant: each carries a canary of its own, so that wherever it comes out it can be told.
 */
import { below, pick, type Random } from './size.ts'

const FRAGMENTS = [
  '$(touch CANARY)',
  '`touch CANARY`',
  '; touch CANARY;',
  '| touch CANARY',
  '&& touch CANARY',
  '\n touch CANARY\n',
  '"; touch CANARY; echo "',
  "'; touch CANARY; echo '",
  '$IFS$9touch$IFS$9CANARY',
  '--upload-pack=touch CANARY',
  '<!channel> CANARY',
  '<!here|CANARY>',
  '<@U0ANA> CANARY',
  '<#C0DEPLOYS|CANARY>',
  '<https://evil.example/CANARY|click>',
  '&lt;!channel&gt; CANARY',
  '&amp;lt;CANARY',
  '*CANARY*',
  '_CANARY_',
  '~CANARY~',
  '```CANARY```',
  '> CANARY',
  ':skull: CANARY :skull:',
  '@channel CANARY',
  "'; DROP TABLE events; -- CANARY",
  "' OR '1'='1' CANARY",
  '$1 $2 CANARY',
  "E'\\x00' CANARY",
  '\\copy CANARY',
  '{"type":"tick","CANARY":1}',
  '\u001b[2J\u001b[31mCANARY',
  '\u001b]8;;https://evil.example\u0007CANARY\u001b]8;;\u0007',
  '\u009b1;1HCANARY',
  '\r\nlevel=fatal CANARY',
  '","level":60,"msg":"CANARY',
  '\u202eCANARY\u202c',
  '\u200bCANARY\u2060',
  '\ud800CANARY',
  'CANARY\udc00',
  'e\u0301\u0301\u0301\u0301\u0301\u0301CANARY',
  '\u2028CANARY\u2029',
  '%s %d %n CANARY',
  '../../CANARY',
  '__proto__ CANARY',
  '\uffff\ufeffCANARY',
  '🚂👩‍👩‍👧CANARY',
] as const satisfies readonly [string, ...string[]]

const FILL = [
  'x',
  ' ',
  '\t',
  '<',
  '>',
  '&',
  '*',
  '`',
  '|',
  "'",
  '"',
  '\\',
  '\n',
  'é',
  '🚂',
] as const

export function hostile(random: Random, canary: string): string {
  const parts = Array.from({ length: 1 + below(random, 4) }, () =>
    below(random, 4) === 0
      ? pick(random, FILL).repeat(1 + below(random, 60))
      : pick(random, FRAGMENTS),
  )
  return [pick(random, FRAGMENTS), ...parts].join('').replaceAll('CANARY', canary)
}
