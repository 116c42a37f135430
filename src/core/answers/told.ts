/**
 * What an agent tells of runs that this line did not order, or has forgotten: a deploy that a
 * person ordered on its machine while the server was away, or runs from after the backup of which
 * this database was restored.
 *
 * Invariant: never dropped and never guessed. What was put there by hand and ended well is live by
 * that person's word; everything else keeps the environment closed until somebody has looked.
 */
import type { Command } from '../command.ts'
import type { Event } from '../event.ts'
import { NOTHING_FOUND } from '../finding.ts'
import { groundOf } from '../ground.ts'
import type { Deployment, Environment, Pipeline } from '../model.ts'
import { isUnderWay, occupant } from '../releases.ts'
import { type Answer, type Context, findPlace, record } from './answer.ts'
import { releaseByHand } from './rollback.ts'

type Told = Extract<Command, { type: 'take_account' }>

/** Takes an account once; told again, only what has ended since is news. */
export function takeAccount(pipeline: Pipeline, command: Told, context: Context): Answer {
  const where = findPlace(pipeline, command.environment)
  if (!where.ok) return where
  const known = pipeline.deployments.find(({ run }) => run === command.run)
  if (known !== undefined) return endedSince(known, command)
  const told = toldDeployment(pipeline, where.it, command, context)
  const event: Event = { type: 'deployment_told', deployment: told }
  if (!command.begun) return record(event)
  const { hand } = command.account
  const before = giveWay(pipeline, where.it, command)
  if (hand === null || told.status !== 'succeeded') return record(...before, event)
  const said = { sha: told.sha, epoch: told.epoch, reason: hand.reason, context }
  return record(...before, event, ...releaseByHand(pipeline, where.it, said))
}

/** A run that was still at work when it was first told of: people read how it went since. */
function endedSince(known: Deployment, { account, reason, tail }: Told): Answer {
  const news = known.account?.status === 'running' && account.status !== 'running'
  if (!news || known.status !== 'unknown') return record()
  return record({ type: 'deployment_told', deployment: { ...known, account, reason, tail } })
}

function toldDeployment(
  { name, policy }: Pipeline,
  environment: Environment,
  { run, kind, sha, account, begun, reason, tail }: Told,
  { now }: Context,
): Deployment {
  const epoch = Math.max(account.epoch, environment.epoch + 1)
  const its = policy.environments.find((one) => one.name === environment.name)
  if (its === undefined) throw new Error(`environment ${environment.name} has no policy`)
  const byHand = account.hand !== null && account.status !== 'running'
  const status = byHand ? account.status : 'unknown'
  return {
    key: `${name}/told-${epoch}:${environment.name}:${kind}:1`,
    run,
    train: null,
    environment: environment.name,
    kind,
    attempt: 1,
    sha,
    baseSha: environment.live?.sha ?? null,
    epoch,
    plan: '',
    deploy: its.deploy,
    agent: account.agent,
    status: begun ? status : 'aborted',
    requestedAt: now,
    startedAt: begun ? now : null,
    endedAt: now,
    reason,
    tail,
    claimed: true,
    cancelling: false,
    // What ended well, or never began, keeps nothing closed.
    settled: !begun || status === 'succeeded',
    takenBack: false,
    account,
    verification: NOTHING_FOUND,
    replaces: groundOf(environment, undefined),
    reaction: null,
    rollout: null,
  }
}

/** What this line believed to be at work there is over: it was overtaken by what it did not know. */
function giveWay(
  pipeline: Pipeline,
  { name }: Environment,
  { account: { agent, epoch, hand } }: Told,
): readonly Event[] {
  const here = occupant(pipeline, name)
  if (here === undefined) return []
  const { key, tail } = here
  const why =
    hand === null
      ? `agent ${agent} has gone on to epoch ${epoch} since`
      : `${hand.by} deployed by hand meanwhile: ${hand.reason}`
  const end = (status: 'failed' | 'aborted' | 'unknown', reason: string): Event => {
    return { type: 'deployment_ended', key, status, reason, tail, source: 'agent' }
  }
  const settled: Event = { type: 'deployment_settled', key, why: 'release' }
  if (here.status === 'requested' && !here.claimed) return [end('aborted', why), settled]
  if (isUnderWay(here)) {
    const unheard = end('unknown', 'its end was never reported')
    return [unheard, end('failed', why), settled]
  }
  return here.status === 'unknown' ? [end('failed', why), settled] : [settled]
}
