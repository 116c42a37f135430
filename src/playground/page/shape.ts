/**
 * What the page and the server say to each other: the JSON of the playground.
 *
 * Invariant: types only, so that both sides, which are compiled apart, can import it.
 */

export interface Block {
  readonly type: string
  readonly block_id?: string
  readonly [key: string]: unknown
}

/** A message as the channel keeps it. `ts` is its name within the channel, as in Slack. */
export interface Message {
  readonly channel: string
  readonly ts: string
  /** The root it replies to; null: it stands in the channel itself. */
  readonly thread: string | null
  /** A reply that is also shown in the channel. */
  readonly broadcast: boolean
  readonly user: string
  readonly text: string
  readonly blocks: readonly Block[] | null
  readonly metadata: Readonly<Record<string, unknown>> | null
  readonly edited: string | null
  /** Only this person sees it; null: everyone in the channel does. */
  readonly to: string | null
}

export interface Member {
  readonly id: string
  readonly name: string
  readonly real: string
  readonly email: string | null
  readonly title: string
  readonly kind: 'member' | 'guest' | 'foreign' | 'bot'
  readonly color: string
}

export interface Channel {
  readonly id: string
  readonly name: string
  readonly kind: 'channel' | 'direct'
  readonly unread: number
}

/** A view as Slack hands it to apps. */
export interface View {
  readonly id: string
  readonly type: 'modal' | 'home'
  readonly hash: string
  readonly callback_id: string
  readonly private_metadata: string
  readonly blocks: readonly Block[]
  readonly root_view_id: string
  readonly previous_view_id: string | null
  readonly [key: string]: unknown
}

export interface SlashCommand {
  readonly command: string
  readonly description: string
  readonly usage: string
}

export interface Instance {
  readonly environment: string
  /** Where it listens; null: nothing was ever deployed there. */
  readonly url: string | null
  /** What it answered when it was asked just now; null: it did not answer. */
  readonly version: string | null
  readonly health: 'healthy' | 'sick' | 'silent'
}

/** A till that runs beside others while a release is rolled out. */
export interface Till {
  readonly release: string
  /** Of the customers. */
  readonly percent: number
  /** Which part of its sales fails, 0 as long as it is hardly any; null: it does not answer. */
  readonly failing: number | null
}

export interface Pull {
  readonly number: number
  readonly title: string
  readonly author: string
  readonly about: string
  readonly added: number
  readonly removed: number
}

/** A commit status on an open pull request. */
export interface OnGithub {
  readonly context: string
  readonly isWelcome: boolean
  readonly description: string
}

export interface OpenPull extends Pull {
  /** null: none was told. */
  readonly status: OnGithub | null
}

/** The latest deployment that GitHub shows of an environment. */
export interface GithubDeployment {
  readonly environment: string
  readonly sha: string
  /** In GitHub's words. */
  readonly state: string
}

export interface Merged extends Pull {
  readonly sha: string
  /** The newest commit of what was merged. */
  readonly head: string
  readonly ci: 'pending' | 'success' | 'failure'
}

/** The town: what happens outside of Slack. Null where another pipeline than the sample's runs. */
export interface Town {
  readonly next: readonly OpenPull[]
  /** Those of the till, which has a queue of its own. */
  readonly nextOfTill: readonly OpenPull[]
  readonly merged: readonly Merged[]
  readonly instances: readonly Instance[]
  /** The newest release first. */
  readonly tills: readonly Till[]
  readonly deployments: readonly GithubDeployment[]
  readonly isGithubDown: boolean
  readonly areWebhooksLost: boolean
  /** The process that deploys; null: it is just being started. */
  readonly agent: number | null
  /** The process that moves what time and news move; null: it is gone, and comes back. */
  readonly worker: number | null
  readonly canSkipTime: boolean
}

/** All that one person sees. */
export interface Sight {
  readonly me: string
  readonly bot: string
  readonly members: readonly Member[]
  readonly channels: readonly Channel[]
  readonly messages: readonly Message[]
  readonly view: View | null
  readonly home: View | null
  readonly commands: readonly SlashCommand[]
  readonly isSlackDown: boolean
  /** How far the town's clock is ahead of the real one, in milliseconds. */
  readonly aheadMs: number
  readonly town: Town | null
}

/** What became of something a person did. */
export type Done =
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string }
  /** A form that the app sent back: a sentence for each block that is wrong. */
  | { readonly ok: false; readonly errors: Readonly<Record<string, string>> }

/** The values of the inputs of a message or view, by block and action, as Slack hands them over. */
export type Values = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Something that people see in Slack, with its size against Slack's limits. */
export interface Exhibit {
  readonly name: string
  readonly surface: 'channel' | 'thread' | 'ephemeral' | 'direct' | 'home' | 'modal'
  readonly blocks: readonly Block[]
  /** Of a form; empty otherwise. */
  readonly title: string
  readonly submit: string
  readonly size: {
    readonly blocks: number
    readonly blocksMax: number
    readonly characters: number
    readonly charactersMax: number
    /** The longest text of one block. */
    readonly longest: number
    /** In Slack's words; empty: it takes all of it. */
    readonly refused: readonly string[]
  }
}

export interface Exhibition {
  readonly exhibits: readonly Exhibit[]
  readonly members: readonly Member[]
}
