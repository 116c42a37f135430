/**
 * The gallery's door: the page, and every picture with its size.
 *
 * Invariant: drawn anew by each request from the views as they are; nothing is kept.
 */
import { MEMBERS } from '../members.ts'
import type { Block, Exhibition, Member } from '../page/shape.ts'
import { cast } from './cast.ts'
import { pictures } from './pictures.ts'
import { sizeOf } from './size.ts'

export function exhibition(): Exhibition {
  const exhibits = pictures().map((one) => ({
    name: one.name,
    surface: one.surface,
    blocks: one.message.blocks as unknown as readonly Block[],
    title: one.view?.title.text ?? '',
    submit: one.view?.submit?.text ?? '',
    size: sizeOf(one),
  }))
  return { exhibits, members: [...MEMBERS, ...strangers()] }
}

/** Who is in the stories and not in the town. */
const strangers = (): readonly Member[] =>
  cast.flatMap(({ name, slack }) =>
    slack === null || MEMBERS.some(({ id }) => id === slack)
      ? []
      : [{ id: slack, name, real: name, email: null, title: '', kind: 'member', color: '#777' }],
  )
