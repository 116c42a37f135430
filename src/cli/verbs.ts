/**
 * The operator's verbs: everything the API can do, by name.
 *
 * Invariant: thin. What a verb may do and why not is the server's to say, never decided here.
 */
import type { Command } from 'commander'
import { type ApiClient, createApiClient } from './api-client.ts'
import { board, type StateJson, waiting, waits } from './board.ts'
import { addLocking } from './locking.ts'
import { addMigrations } from './migration.ts'
import { planText } from './plan.ts'
import { specialPreview } from './special.ts'
import { visible } from './visible.ts'
import { addWayBack } from './way-back.ts'
import { type Fields, list, printEvents, type Sub, type Tell, whole, words } from './words.ts'

/** Adds the verbs; each prints what happened, one event a line. */
export function addVerbs(program: Command): void {
  const api = createApiClient(process.env)
  const tell = async (pipeline: string, command: Fields): Promise<void> => {
    printEvents(await api.command(pipeline, command))
  }
  const sub = (usage: string, description: string): Command =>
    program.command(usage).description(description)
  addReading(sub, api)
  addRecording(sub, tell)
  addForcePush(sub, tell)
  addTrainVerbs(sub, api, tell)
  addLineVerbs(sub, tell)
  addLocking(sub, api, tell)
  addWayBack(sub, api, tell)
  addMigrations(sub, api, tell)
}

function addReading(sub: Sub, api: ApiClient): void {
  const state = async (pipeline: string): Promise<StateJson> =>
    (await api.get(`/pipelines/${encodeURIComponent(pipeline)}`)) as unknown as StateJson
  sub('status [pipeline]', 'what is where, what waits, for whom').action(
    async (pipeline?: string) => {
      const all = pipeline
        ? [await state(pipeline)]
        : ((await api.get('/pipelines'))['pipelines'] as StateJson[])
      console.log(all.map(board).join('\n\n'))
    },
  )
  sub('why <pipeline>', 'why nothing moves, and the way out').action(async (pipeline: string) => {
    const { trains, environments } = await state(pipeline)
    const lines = trains.flatMap((train) => waits(train).map((line) => `#${train.number} ${line}`))
    const closed = environments.flatMap(({ unanswered }) =>
      unanswered ? [waiting(unanswered)] : [],
    )
    const told = lines.length > 0 ? lines : closed
    const boards = trains.some(({ status }) => status === 'boarding')
    const would = boards ? [await planText(api, pipeline, null)] : []
    const all = [...told.map(visible), ...would]
    console.log(all.length > 0 ? all.join('\n') : 'nothing waits')
  })
  sub(
    'plan <pipeline> [train]',
    'what would happen: per environment what, which gates, when',
  ).action(async (pipeline: string, train?: string) =>
    console.log(await planText(api, pipeline, train === undefined ? null : whole(train))),
  )
  sub('history <pipeline>', 'the audit: every act, in order').action(async (pipeline: string) => {
    for (let after = 0; ; ) {
      const path = `/pipelines/${encodeURIComponent(pipeline)}/events?after=${after}`
      const { events, next } = await api.get(path)
      const rows = events as { seq: number; at: string; type: string; actor: string }[]
      for (const { seq, at, type, actor } of rows)
        console.log(visible(`${seq} ${at} ${type} by ${actor}`))
      if (rows.length === 0) return
      after = next as number
    }
  })
  sub('log <run>', 'the log of a run, as it grows').action((run: string) =>
    api.text(`/runs/${encodeURIComponent(run)}/log`, (text) => process.stdout.write(text)),
  )
}

function addRecording(sub: Sub, tell: Tell): void {
  sub('record-change <pipeline>', 'report a merge')
    .requiredOption('--sha <sha>', 'the merged commit')
    .requiredOption('--title <title>', 'what it is')
    .requiredOption('--author <login>', 'who opened it')
    .option('--number <number>', 'of the pull request', whole)
    .option('--parent <sha>', 'the branch’s head before it')
    .option('--co-author <login>', 'may be repeated', list)
    .option('--merged-by <login>')
    .option('--merged-at <time>', 'ISO 8601; default now')
    .option('--lines <count>', 'changed lines', whole)
    .option('--reverts <what>', 'what it takes back: a sha, or #number')
    .option('--path <path>', 'a changed path; may be repeated', list)
    .option('--label <name>', 'may be repeated', list)
    .action((pipeline: string, { coAuthor, mergedBy, mergedAt, path, label, ...given }: Fields) =>
      tell(pipeline, {
        type: 'record_change',
        ...given,
        ...(coAuthor === undefined ? {} : { co_authors: coAuthor }),
        ...(mergedBy === undefined ? {} : { merged_by: mergedBy }),
        ...(path === undefined ? {} : { paths: path }),
        ...(label === undefined ? {} : { labels: label }),
        merged_at: mergedAt ?? new Date().toISOString(),
      }),
    )
  sub('record-check <pipeline>', 'report a check of a sha')
    .requiredOption('--sha <sha>')
    .requiredOption('--name <name>')
    .requiredOption('--status <status>', 'pending, success or failure')
    .action((pipeline: string, given: Fields) => tell(pipeline, { type: 'record_check', ...given }))
}

function addForcePush(sub: Sub, tell: Tell): void {
  sub('record-force-push <pipeline>', 'report that part of the branch is gone')
    .requiredOption('--head <sha>', 'the branch’s head now')
    .option('--gone <sha>', 'no longer below it; may be repeated', list, [])
    .action((pipeline: string, given: Fields) =>
      tell(pipeline, { type: 'record_force_push', ...given }),
    )
}

function addTrainVerbs(sub: Sub, api: ApiClient, tell: Tell): void {
  sub(
    'depart <pipeline> [train]',
    'close the doors now; with --environment: go under my lock, or outside the windows',
  )
    .option(
      '--ref <ref>',
      'on this change; off the branch: a special train at this branch, tag or sha',
    )
    .option('--to <environment>', 'with --ref off the branch: travel up to here')
    .option('--environment <name>', 'go there under my own lock, or outside its windows')
    .option('--plan <hash>', 'go with this plan although it lacks what is live')
    .option('--preview', 'with --ref: only show what it would carry and displace')
    .action(async (pipeline: string, train: string | undefined, asked: Fields) => {
      const { to, preview, ...given } = asked
      if (preview === true) return console.log(await specialPreview(api, pipeline, asked))
      return tell(pipeline, {
        type: 'depart',
        ...numbered(train),
        ...given,
        ...(to === undefined ? {} : { environment: to }),
      })
    })
  sub('consent <pipeline> <train>', 'yes to my own changes aboard').action((pipeline, train) =>
    tell(pipeline, { type: 'consent', train: whole(train) }),
  )
  sub('approve <pipeline> <train>', 'yes to the plan, as someone who wrote none of it')
    .option('--environment <name>')
    .option('--plan <hash>', 'the plan you have seen')
    .action((pipeline: string, train: string, given: Fields) =>
      tell(pipeline, { type: 'approve', train: whole(train), ...given }),
    )
  sub('hold <pipeline> <train> <reason...>', 'no, with a reason').action(
    (pipeline: string, train: string, reason: readonly string[]) =>
      tell(pipeline, { type: 'hold', train: whole(train), reason: words(reason) }),
  )
  sub('withdraw <pipeline> <train>', 'take back what I said')
    .option('--what <what>', 'consent, approval or hold')
    .option('--of <name>', 'somebody else’s hold')
    .option('--reason <reason>')
    .action((pipeline: string, train: string, given: Fields) =>
      tell(pipeline, { type: 'withdraw', train: whole(train), ...given }),
    )
  sub('cancel <pipeline> <train> <reason...>', 'take a departed train off the line').action(
    (pipeline: string, train: string, reason: readonly string[]) =>
      tell(pipeline, { type: 'cancel', train: whole(train), reason: words(reason) }),
  )
  sub('retry <pipeline> [train]', 'try a failed deployment again').action(
    (pipeline: string, train?: string) => tell(pipeline, { type: 'retry', ...numbered(train) }),
  )
}

function addLineVerbs(sub: Sub, tell: Tell): void {
  sub(
    'continue <pipeline> <environment> <reason...>',
    'answer for a verification that failed or is inconclusive, or let a paused rollout go on',
  ).action((pipeline: string, environment: string, reason: readonly string[]) =>
    tell(pipeline, { type: 'continue', environment, reason: words(reason) }),
  )
  sub('pause <pipeline> <environment> <reason...>', 'keep a rollout at the step it is at').action(
    (pipeline: string, environment: string, reason: readonly string[]) =>
      tell(pipeline, { type: 'pause_rollout', environment, reason: words(reason) }),
  )
  sub('skip <pipeline> <environment> <reason...>', 'send a rollout to its last step next').action(
    (pipeline: string, environment: string, reason: readonly string[]) =>
      tell(pipeline, { type: 'skip_to_full', environment, reason: words(reason) }),
  )
  sub('claim <pipeline>', 'the stop of the line is mine to look after').action((pipeline: string) =>
    tell(pipeline, { type: 'claim' }),
  )
  for (const type of ['stop', 'resume'] as const) {
    sub(`${type} <pipeline> <reason...>`, `${type} the line`).action(
      (pipeline: string, reason: readonly string[]) =>
        tell(pipeline, { type, reason: words(reason) }),
    )
  }
  sub(
    'settle <pipeline> <environment> <outcome> <reason...>',
    'say how an unknown run ended',
  ).action((pipeline: string, environment: string, outcome: string, reason: readonly string[]) =>
    tell(pipeline, { type: 'settle_unknown', environment, outcome, reason: words(reason) }),
  )
}

const numbered = (train: string | undefined): Fields =>
  train === undefined ? {} : { train: whole(train) }
