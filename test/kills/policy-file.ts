/**
 * What the town of the kills deploys by: its configuration file and its scripts.
 *
 * Invariant: each script leaves its witness before anything else, so that a run is never forgotten.
 */

/** It is as slow, as stubborn and as broken as the files in `$1` say. */
export const DEPLOY = `echo "$SIGNALBOX_RUN_ID $SIGNALBOX_SHA $SIGNALBOX_TRAFFIC" >> "$1/ran"
echo "deploying $SIGNALBOX_SHA"
if [ -e "$1/stubborn" ]; then trap '' TERM; fi
while [ -e "$1/slow" ]; do sleep 0.05; done
echo done
`

/** Percents. */
export const STEPS = [10, 50, 100]

export const INCREMENTS = 3

/** So many increments: the cursor says how many are done. */
export const MIGRATE = `echo "$SIGNALBOX_RUN_ID $SIGNALBOX_SHA $SIGNALBOX_INCREMENT" >> "$1/ran"
at=$((\${SIGNALBOX_CURSOR:-0} + 1))
if [ $at -ge ${INCREMENTS} ]; then echo "signalbox: done"; else echo "signalbox: $at/${INCREMENTS} $at"; fi
`

const STEPPED = (home: string): string => `
    migrations: { run: "sh ${home}/migrate.sh ${home}", after: 1s, batch: { size: 1, every: 0s } }`

/** `agent`: a process of its own that deploys; null: the server's. */
export function policyFile({
  home,
  channel,
  agent,
  stepped,
}: {
  readonly home: string
  readonly channel: string
  readonly agent: string | null
  readonly stepped: boolean
}): string {
  const by = agent === null ? '' : `agent: ${agent}, `
  const steps = stepped ? `rollout: { steps: [${STEPS.join(', ')}], bake: 1s }, ` : ''
  const deploy = `deploy: { run: "sh ${home}/deploy.sh ${home}" }`
  return `people:
  - { name: ana, github: ana, slack: U0ANA }
  - { name: bob, github: bob, slack: U0BOB }
pipelines:
  api:
    repository: acme/api
    channel: ${channel}
    train: { depart_after: never }
    checks: { require: [test] }${stepped ? STEPPED(home) : ''}
    environments:
      - { name: production, soak: 1s, ${by}${steps}approvals: { authors: all, others: 1 }, ${deploy} }
`
}
