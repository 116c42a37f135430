/**
 * The slash commands as people are shown them.
 *
 * Invariant: the whole table; each row has an example that is read as it says.
 */

export type Slash = '/deploy' | '/rollback' | '/lock'

export interface Row {
  readonly slash: Slash
  /** Words in capitals are the user's, brackets may be left out. */
  readonly form: string
  readonly says: string
  /** Typed like this it is read, in a workspace with pipeline `api` and environment `production`. */
  readonly example: string
}

const row = (slash: Slash, form: string, more: readonly [says: string, example: string]): Row => ({
  slash,
  form,
  says: more[0],
  example: more[1],
})

export const GRAMMAR: readonly Row[] = [
  row('/deploy', '', ['the board: what is where, trains, locks, what waits for you', '']),
  row('/deploy', 'PIPELINE', ['close the doors now and go', 'api']),
  row('/deploy', 'PIPELINE@REF [to ENVIRONMENT]', [
    'a special train at this branch, tag or sha',
    'api@hotfix/price to production',
  ]),
  row('/deploy', 'PIPELINE! [GATE,GATE…] REASON', [
    'break the glass: pass gates once, with a written reason',
    'api! checks,consent the site is down',
  ]),
  row('/deploy', 'status|why|history|log [PIPELINE]', [
    'how it stands; every gate and who clears it; what happened; the newest log',
    'why api',
  ]),
  row('/deploy', 'stop|resume PIPELINE REASON', [
    'stop the line, and let it go on',
    'stop api smoke',
  ]),
  row('/deploy', 'claim PIPELINE', ['the stopped line is yours to look after', 'claim api']),
  row('/deploy', 'cancel|retry PIPELINE REASON', [
    'take the train off the line; try the failed deployment again',
    'cancel api wrong base',
  ]),
  row('/deploy', 'keep PIPELINE [REASON]', [
    'cancel the countdown to an automatic rollback: it stays as it is',
    'keep api the alarm was false',
  ]),
  row('/deploy', 'continue PIPELINE REASON', [
    'answer for a verification that failed or is inconclusive; let a paused rollout go on',
    'continue api the metrics server is down, the site is fine',
  ]),
  row('/deploy', 'pause|skip PIPELINE REASON', [
    'keep a rollout at its step; send it to its last one next',
    'pause api the queue looks long',
  ]),
  row('/deploy', 'flag off PIPELINE FLAG [in ENVIRONMENT]', [
    'turn a flag off, quicker than a rollback',
    'flag off api new-cart in production',
  ]),
  row('/deploy', 'migrate PIPELINE [#NUMBER] [run|pause|resume] [in ENVIRONMENT] [REASON]', [
    'how migrations stand; run one that is ready, pause it, go on with it',
    'migrate api #12 run in production',
  ]),
  row('/deploy', 'link [LOGIN]', [
    'say which GitHub login is yours; somebody confirms it',
    'link ana',
  ]),
  row('/deploy', 'token', ['a token for the command line, for when Slack is away', 'token']),
  row('/deploy', 'help', ['this list', 'help']),
  row('/rollback', 'PIPELINE [ENVIRONMENT] [to VERSION] [REASON]', [
    'go back: shows what it would do first, then asks',
    'api production to a1b2c3d prices are wrong',
  ]),
  row('/lock', 'PIPELINE [ENVIRONMENT] REASON [for DURATION]', [
    'keep it closed; a reason may be quoted',
    'api production migration for 2h',
  ]),
  row('/lock', 'PIPELINE [ENVIRONMENT] release', ['open it again', 'api production release']),
  row('/lock', 'all REASON', ['keep everything closed', 'all incident']),
  row('/lock', 'all release', ['open everything again', 'all release']),
  row('/lock', 'status', ['every lock, oldest first', 'status']),
]
