/**
 * Bearer tokens of the API, the CLI and agents: `name=token,name=token`.
 *
 * Invariant: messages speak of entries by position only. In a malformed list even what stands
 * where a name belongs may be somebody's token.
 */
import { type Secret, secretOf } from './secret.ts'

export interface ApiToken {
  /** Who acts. */
  readonly name: string
  readonly secret: Secret
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const TOKEN = /^[\x21-\x7e]{32,}$/

/** Words that mean something else wherever a token's name could stand. */
const TAKEN = ['everyone', 'embedded']

/** Reads the whole list and says everything that is wrong with it; unset: no tokens. */
export function readApiTokens(text: string | undefined): {
  readonly tokens: readonly ApiToken[]
  readonly problems: readonly string[]
} {
  if (text === undefined) return { tokens: [], problems: [] }
  if (text.trim() === '') {
    return { tokens: [], problems: ['is set but empty; write `name=token`, or unset it'] }
  }
  const entries = text.split(',').map((part) => {
    const [, name = '', token = ''] = /^([^=]*)=(.*)$/s.exec(part.trim()) ?? []
    return { name: name.trim(), token: token.trim() }
  })
  const problems = entries.flatMap(({ name, token }, index) => {
    const entry = `entry ${index + 1}`
    const earlier = entries.slice(0, index)
    const sameName = earlier.findIndex((other) => name !== '' && other.name === name)
    const sameToken = earlier.findIndex((other) => token !== '' && other.token === token)
    return [
      NAME.test(name) ? [] : `${entry} must be \`name=token\`, the name letters, digits, . _ -`,
      TAKEN.includes(name) ? `${entry} may not be named ${TAKEN.join(' or ')}; rename it` : [],
      TOKEN.test(token)
        ? []
        : `${entry} needs a token of at least 32 characters without spaces; make one with \`openssl rand -hex 32\``,
      sameName < 0 ? [] : `${entry} has the name of entry ${sameName + 1}; give it its own`,
      sameToken < 0 ? [] : `${entry} has the token of entry ${sameToken + 1}; make it its own`,
    ].flat()
  })
  const tokens = entries.map(({ name, token }) => Object.freeze({ name, secret: secretOf(token) }))
  return { tokens: Object.freeze(problems.length > 0 ? [] : tokens), problems }
}
