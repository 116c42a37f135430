/**
 * Slack's rate limits: how often a method may be called (docs.slack.dev/apis/web-api/rate-limits).
 *
 * Invariant: a bucket empties by calls and fills with time, so a short burst passes and a
 * sustained one does not.
 */

export interface Pace {
  /** Takes one; answers for how many seconds to wait, 0 when it may go on. */
  readonly take: (method: string, channel: string | null) => number
}

interface Rule {
  readonly burst: number
  readonly perSecond: number
}

const perMinute = (calls: number): Rule => ({ burst: calls, perSecond: calls / 60 })
/** One message a second and channel, with room for a short burst. */
const MESSAGES: Rule = { burst: 10, perSecond: 1 }
const TIERS: Readonly<Record<string, Rule>> = {
  'chat.postMessage': MESSAGES,
  'chat.update': perMinute(50),
  'chat.postEphemeral': perMinute(100),
  'conversations.history': perMinute(50),
  'conversations.replies': perMinute(50),
  'conversations.open': perMinute(50),
  'users.list': perMinute(20),
}
const OTHERS = perMinute(100)

export function createPace(now: () => number = Date.now): Pace {
  const buckets = new Map<string, { left: number; at: number }>()
  return {
    take: (method, channel) => {
      const rule = TIERS[method] ?? OTHERS
      const key = rule === MESSAGES ? `${method} ${channel}` : method
      const at = now()
      const bucket = buckets.get(key) ?? { left: rule.burst, at }
      bucket.left = Math.min(rule.burst, bucket.left + ((at - bucket.at) / 1_000) * rule.perSecond)
      bucket.at = at
      buckets.set(key, bucket)
      if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / rule.perSecond))
      bucket.left -= 1
      return 0
    },
  }
}
