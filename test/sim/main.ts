/**
 * `npm run sim`: plays histories on several threads, prints what they did, and how one failed.
 *
 * Invariant: it succeeds only when nothing broke and, in a long run, nothing was left out. A failure is printed with
 * its seed, its commit, its invariant and a small history, which can be kept under `seeds/`.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { missing, summary } from './coverage.ts'
import { type Options, readOptions } from './options.ts'
import type { Failed, Ran } from './run.ts'
import { shrink, told } from './shrink.ts'

/** Where a failing history is written, to be moved to `test/sim/seeds/` once it is mended. */
const FOUND = join('.signalbox', 'sim-failures')

/** A shorter run cannot be blamed for what hardly ever happens. */
const EVERYTHING_FROM = 20_000

type Message = { readonly progress: number } | { readonly ran: Ran }

function runThread(index: number, options: Options, progress: (n: number) => void): Promise<Ran> {
  const { threads, seed, seconds } = options
  const share = (all: number): number => Math.ceil((all - index) / threads)
  const count = share(options.histories)
  const workerData = { from: seed + index, step: threads, count, seconds }
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData })
  return new Promise((resolve, reject) => {
    worker.on('message', (message: Message) => {
      if ('ran' in message) resolve(message.ran)
      else progress(message.progress)
    })
    worker.on('error', reject)
  })
}

function report({ history, failure }: Failed): void {
  const commit = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).stdout.trim()
  const small = shrink(history, failure.invariant)
  mkdirSync(FOUND, { recursive: true })
  const path = join(FOUND, `${history.seed}.json`)
  writeFileSync(path, `${JSON.stringify(small)}\n`)
  console.log(`\nBROKEN: invariant ${failure.invariant}, seed ${history.seed}, commit ${commit}`)
  console.log(`  ${failure.what}`)
  const without = small.without.length === 0 ? '' : `, without ${small.without.join(', ')}`
  console.log(`  policy ${small.policy}, fault rate ${small.rate}${without}; kept in ${path}`)
  for (const act of small.acts) console.log(`    ${told(act)}`)
}

const options = readOptions(process.argv.slice(2))
const began = performance.now()
const played = new Map<number, number>()
const total = (): number => [...played.values()].reduce((sum, one) => sum + one, 0)
let lastTold = began
const progress = (index: number) => (histories: number) => {
  played.set(index, histories)
  if (performance.now() - lastTold < 30_000) return
  lastTold = performance.now()
  console.log(`  ${total()} histories after ${Math.round((lastTold - began) / 1_000)} s`)
}
console.log(`Simulating up to ${options.histories} histories from seed ${options.seed}.`)
const all = await Promise.all(
  Array.from({ length: options.threads }, (_, index) => runThread(index, options, progress(index))),
)
const counts = new Map<string, number>()
for (const { counts: some } of all) {
  for (const [what, count] of some) counts.set(what, (counts.get(what) ?? 0) + count)
}
const histories = all.reduce((sum, ran) => sum + ran.histories, 0)
const failed = all.flatMap((ran) => ran.failed)
for (const one of failed) report(one)
console.log(summary(counts))
const left = missing(counts)
if (left.length > 0) console.log(`Never happened: ${left.join(', ')}`)
const seconds = Math.round((performance.now() - began) / 1_000)
const verdict = `${histories} histories in ${seconds} s, fault rates 0 to 50 %: ${failed.length} broken`
console.log(`${verdict} (seed ${options.seed}).`)
if (histories < options.atLeast) console.log(`At least ${options.atLeast} were asked for.`)
const isIncomplete = left.length > 0 && histories >= EVERYTHING_FROM
process.exit(failed.length > 0 || isIncomplete || histories < options.atLeast ? 1 : 0)
