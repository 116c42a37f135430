/**
 * Each refusal as the sentence that a person reads.
 *
 * Invariant: the table is exhaustive, so a new refusal cannot be added without its sentence.
 */
import { MIGRATION_IS } from './migration-is.ts'
import type { Refusal } from './refusal.ts'

/** The sentence a person reads: what is in the way, and the way out. */
export function explain(refusal: Refusal): string {
  switch (refusal.code) {
    case 'not_allowed':
      return `You may not do this: it needs the permission \`${refusal.permission}\`, which the configuration file grants.`
    case 'people_only':
      return `Only a person may ${refusal.act}: use a token named like a person of the configuration file.`
    case 'not_linked':
      return `${refusal.name} is not a linked person: add them under \`people\` in the configuration file.`
    case 'not_active':
      return `The Slack account of ${refusal.name} is deactivated or a guest's: somebody else has to do this.`
    case 'linked_already':
      return `This Slack account belongs to ${refusal.name} already.`
    case 'login_taken':
      return `The GitHub login ${refusal.login} belongs to ${refusal.by} already: somebody of the permission \`link\` can end that.`
    case 'own_link':
      return 'Nobody confirms who he or she is: somebody else with the permission `link` does.'
    case 'no_link':
      return 'That was answered or ended meanwhile: there is nothing to do.'
    case 'nobody_confirms':
      return `Nobody may confirm it: ${refusal.pipelines.length === 0 ? 'no one holds `link` in every pipeline' : `nobody holds the permission \`link\` of ${refusal.pipelines.join(', ')}`}. Whoever keeps the configuration file can grant it, or list you under \`people\`.`
    case 'too_many_links':
      return 'You have asked five times since yesterday: ask somebody in person, then try again tomorrow.'
    case 'no_train':
      return 'There is no train on the line: one opens with the next merged change.'
    case 'no_such_train':
      return `There is no train #${refusal.train} on the line; the state lists those there are.`
    case 'train_over':
      return `Train #${refusal.train} is over (${refusal.status}).`
    case 'still_boarding':
      return `Train #${refusal.train} is still boarding: close its doors first with \`depart\`.`
    case 'already_departed':
      return `Train #${refusal.train} has departed already; its blockers say what it waits for.`
    case 'no_such_environment':
      return `There is no environment ${refusal.environment}; there are ${refusal.known.join(', ')}.`
    case 'not_aboard':
      return `${refusal.ref} is not the sha of a change aboard train #${refusal.train}.`
    case 'rides_alone':
      return `${refusal.change} rides alone, so ${refusal.ref} cannot leave with it: depart up to there first; to couple them all the same, cancel the train that leaves first.`
    case 'nothing_of_yours':
      return `Nothing aboard train #${refusal.train} is yours to consent to.`
    case 'own_change':
      return `You wrote ${refusal.change}, so you cannot approve the plan that carries it: ask someone who wrote none of it.`
    case 'not_entitled':
      return `You are not among those who approve for ${refusal.environment}: \`approvals.from\` names them.`
    case 'no_approval_needed':
      return `Train #${refusal.train} needs no approval.`
    case 'plan_changed':
      return `The plan has changed since you saw it: look again and approve plan ${refusal.plan.slice(0, 12)}.`
    case 'already_done':
      return `Nothing to do: ${refusal.what}.`
    case 'nothing_to_withdraw':
      return `You have nothing to withdraw on train #${refusal.train}; \`of\` names whose hold to withdraw.`
    case 'reason_needed':
      return `To ${refusal.act}, give a reason: it is told to the person concerned.`
    case 'under_way':
      return `The deployment to ${refusal.environment} is under way since ${new Date(refusal.since).toISOString()}: cancel the train to abort it.`
    case 'locked':
      return `${refusal.where} is locked by ${refusal.by}: ${refusal.reason}. Ask them, or take it over with \`take_over\`.`
    case 'not_locked':
      return `${refusal.where} is not locked.`
    case 'outside_windows':
      return `${refusal.where} is outside its windows: ${opening(refusal)}.`
    case 'stale_lock':
      return `That lock on ${refusal.where} is gone; another one stands there now. Look again.`
    case 'live_already':
      return `Train #${refusal.train} is live in the last environment already: it can no longer be cancelled.`
    case 'nothing_doubtful':
      return refusal.environment === null
        ? 'Nothing waits to be continued: no verification has failed or is inconclusive, and no rollout is paused.'
        : `Nothing in ${refusal.environment} waits to be continued: no verification has failed or is inconclusive, and no rollout is paused.`
    case 'no_rollout':
      return `No rollout with a step to come is under way${refusal.environment === null ? '' : ` in ${refusal.environment}`}: what has reached everybody goes back by a rollback.`
    case 'no_countdown':
      return `No countdown runs${refusal.environment === null ? '' : ` in ${refusal.environment}`} (any more): nothing is about to be taken back by itself.`
    case 'no_flags':
      return 'Nobody said how a flag is turned off here: give the pipeline `flags` in the configuration file.'
    case 'not_a_flag':
      return `${refusal.flag} is no name of a flag: at most 100 letters, digits, dots, dashes and underscores, a letter or digit first.`
    case 'flag_under_way':
      return `${refusal.by} is turning ${refusal.flag} off in ${refusal.environment} already; what comes of it is told.`
    case 'nothing_failed':
      return 'No deployment on the line has failed or was aborted: there is nothing to retry.'
    case 'not_unknown':
      return `The outcome in ${refusal.environment} is not unknown: there is nothing to settle.`
    case 'nothing_before':
      return `${refusal.environment} has no verified release to go back to.`
    case 'not_a_release':
      return `${refusal.to} was never verified in ${refusal.environment}. ${known(refusal.known)}`
    case 'must_abort':
      return `${riding(refusal)} is being deployed to ${refusal.environment}: say \`abort\` to end it first.`
    case 'must_settle':
      return `Nobody knows how ${refusal.migration === undefined ? riding(refusal) : `an increment of the migration of ${refusal.migration}`} ended in ${refusal.environment}: say \`settle\` to declare it dead.`
    case 'occupied':
      return `${riding(refusal)} is under way or soaks in ${refusal.environment}: roll back, or wait until it is over.`
    case 'no_veto':
      return `No veto stands against train #${refusal.train}.`
    case 'no_such_change':
      return `${refusal.change} is not aboard train #${refusal.train}; name its number or its sha.`
    case 'too_early':
      return `${refusal.author} can still answer: somebody may vouch from ${new Date(refusal.from).toISOString()} on.`
    case 'not_stand_in':
      return `You are not among those who may vouch for ${refusal.change}: \`approvals.stand_in\` names them.`
    case 'own_word':
      return `You are asked for ${refusal.change} yourself: consent instead.`
    case 'vouched':
      return `You vouched for ${refusal.change}, so your approval of the same plan would not count: ask someone else.`
    case 'not_breakable':
      return refusal.rollout !== undefined
        ? `The bake of a rollout cannot be broken: skip to its last step in ${refusal.rollout} instead, with a reason.`
        : `${refusal.gate} cannot be broken; what can be: ${refusal.breakable.join(', ')}.`
    case 'not_diverged':
      return `Train #${refusal.train} contains what is live everywhere it goes: there is no plan to accept.`
    case 'own_special':
      return `You sent train #${refusal.train} from off the branch, where an author line is anybody's word, so you count as its writer: someone else approves it.`
    case 'older_than_live':
      return `${refusal.ref} is older than what is live in ${refusal.environment}: go back with \`/rollback\`.`
    case 'on_branch':
      return `${refusal.ref} is on ${refusal.branch}, and what is on the branch goes through every environment: leave the environment out.`
    case 'not_heard':
      return `${refusal.ref} is on ${refusal.branch}, but it is not the newest commit of a change that was heard of: name the merge itself, or report it with \`record_change\`.`
    case 'no_such_ref':
      return `${refusal.ref} is no branch, tag or commit of the repository.`
    case 'two_refs':
      return `${refusal.ref} is a branch and a tag, and they differ: say \`heads/${refusal.ref}\` or \`tags/${refusal.ref}\`.`
    case 'foreign_ref':
      return `${refusal.ref} was found on no branch or tag of the repository (it may come from a fork): push it to a branch, and name that.`
    case 'ref_too_far':
      return `${refusal.ref} is ${refusal.commits} commits away from the branch, too many to be shown and agreed to: bring it nearer first.`
    case 'not_looked_up':
      return `${refusal.ref} could not be looked up: the repository did not answer. Try again; a commit of a change that was heard of needs no look-up.`
    case 'no_migration': {
      const { change, environment, known } = refusal
      const where = environment === null ? '' : ` in ${environment}`
      const of = change === null ? '' : ` of ${change}`
      return known.length === 0
        ? `No migration${of} stands${where}: a change carries one by the labels or paths of \`migrations\`.`
        : `No migration${of} stands${where}; there is one of ${known.join(', ')}.`
    }
    case 'which_migration':
      return `More than one migration is ready (${refusal.ready.join(', ')}): name the change whose one is to run.`
    case 'not_its_owner':
      return `The migration of ${refusal.change} is ${refusal.owners.join(' and ') || 'nobody'}'s, or for whoever has the permission \`${refusal.permission}\`.`
    case 'migration_is':
      return `The migration of ${refusal.change} ${MIGRATION_IS[refusal.phase](refusal.environment)}`
    case 'no_such_run':
      return `There is no run ${refusal.run} under way.`
    case 'stale_epoch':
      return `Run ${refusal.run} belongs to a later epoch than ${refusal.epoch}: this report is refused.`
  }
}

const opening = ({
  until,
  people,
}: {
  readonly until: number | null
  readonly people: readonly string[]
}): string => {
  const wait =
    until === null
      ? 'they never open again, so change the configuration file'
      : `wait until ${new Date(until).toISOString()}`
  return people.length === 0
    ? `${wait}, or break the glass`
    : `${wait}, or ask ${people.join(' or ')} to send it`
}

const known = (shas: readonly string[]): string =>
  shas.length === 0
    ? 'No release was.'
    : `These were: ${shas.map((sha) => sha.slice(0, 8)).join(', ')}.`

const riding = ({ train }: { readonly train: number | null }): string =>
  train === null ? 'A rollback or a deploy by hand' : `Train #${train}`
