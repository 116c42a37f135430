/**
 * The variables of a command.
 *
 * Invariant: what an order says and what the agent's own configuration lets through, nothing else.
 */
import type { MigrationPart, RunOrder } from './protocol.ts'

/** All that the command gets to know, and the only way in which it gets to know it. */
export function environmentOf(
  order: RunOrder,
  { env, pass }: { readonly env: NodeJS.ProcessEnv; readonly pass: readonly string[] },
): Readonly<Record<string, string>> {
  const passed = ['PATH', 'HOME', 'LANG', 'TZ', ...pass].flatMap((name) => {
    const value = env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(passed),
    SIGNALBOX_PIPELINE: order.pipeline,
    SIGNALBOX_ENVIRONMENT: order.environment,
    SIGNALBOX_KIND: order.kind,
    SIGNALBOX_SHA: order.sha,
    SIGNALBOX_BASE_SHA: order.baseSha ?? '',
    SIGNALBOX_TRAIN: String(order.train ?? ''),
    SIGNALBOX_RUN_ID: order.run,
    SIGNALBOX_EPOCH: String(order.epoch),
    SIGNALBOX_REPOSITORY: order.repository,
    ...(order.step == null
      ? {}
      : {
          SIGNALBOX_STEP: order.step.name,
          SIGNALBOX_TRAFFIC: String(order.step.traffic ?? ''),
        }),
    ...(order.flag == null ? {} : { SIGNALBOX_FLAG: order.flag }),
    ...(order.migration == null ? {} : partOf(order.migration)),
  }
}

const partOf = ({ of, increment, batch, cursor }: MigrationPart) => ({
  SIGNALBOX_MIGRATION: of,
  SIGNALBOX_INCREMENT: String(increment ?? ''),
  SIGNALBOX_BATCH: String(batch),
  SIGNALBOX_CURSOR: cursor,
})
