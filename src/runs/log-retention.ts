/**
 * How long the logs of runs are kept: 90 days, and 1 GB in all.
 *
 * Invariant: only logs are removed, the oldest first, and never one that is named to be kept. A
 * file that cannot be removed is left for the next time.
 */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Journal } from './journal.ts'
import { isDeploy } from './protocol.ts'

const AGE_MS_MAX = 90 * 86_400_000
const BYTES_MAX = 1024 ** 3

export interface Pruning {
  readonly now: number
  /** Runs whose logs stay, whatever their age and size. */
  readonly kept: ReadonlySet<string>
  /** For tests. */
  readonly bytesMax?: number
}

/** Removes logs of a directory; answers the runs whose log went. */
export async function pruneLogs(
  directory: string,
  { now, kept, bytesMax = BYTES_MAX }: Pruning,
): Promise<readonly string[]> {
  const found = await logsIn(directory)
  const newestFirst = found.sort((a, b) => b.writtenAt - a.writtenAt)
  const gone: string[] = []
  // What must stay is counted first: the rest shares what it leaves.
  let bytes = found.reduce((sum, { run, size }) => sum + (kept.has(run) ? size : 0), 0)
  for (const { run, size, writtenAt, path } of newestFirst) {
    if (kept.has(run)) continue
    if (bytes + size <= bytesMax && now - writtenAt <= AGE_MS_MAX) {
      bytes += size
      continue
    }
    // From here on everything is older: a smaller log must not outlive a younger one.
    bytes = bytesMax
    const removed = await rm(path, { force: true }).then(
      () => true,
      () => false,
    )
    if (removed) gone.push(run)
  }
  return gone
}

interface LogFile {
  readonly run: string
  readonly path: string
  readonly size: number
  readonly writtenAt: number
}

async function logsIn(directory: string): Promise<LogFile[]> {
  const names = await readdir(directory).catch(() => [])
  const logs: LogFile[] = []
  for (const name of names.filter((one) => one.endsWith('.log'))) {
    const path = join(directory, name)
    const found = await stat(path).catch(() => null)
    if (found === null || !found.isFile()) continue
    const run = name.slice(0, -'.log'.length)
    logs.push({ run, path, size: found.size, writtenAt: found.mtimeMs })
  }
  return logs
}

/** Of an agent's own runs: those that are not over for everybody, and the newest of each place. */
export function keptByAgent(journal: Journal): ReadonlySet<string> {
  const records = [...journal.runs().values()]
  const open = records.filter(({ acknowledged }) => !acknowledged)
  const deployed = records.filter(({ order }) => isDeploy(order))
  const newest = deployed.filter(({ order: { pipeline, environment, epoch } }) =>
    deployed.every(
      ({ order: other }) =>
        other.pipeline !== pipeline || other.environment !== environment || other.epoch <= epoch,
    ),
  )
  return new Set([...open, ...newest].map(({ order }) => order.run))
}
