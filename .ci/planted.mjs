// Plants each known bug into a copy and runs the one test that must catch it. Invariant: a bug
// counts as caught only when that very test ran and failed; nothing here touches the sources.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const COPIED = ['src', 'test', 'migrations', 'package.json', 'tsconfig.json', 'vitest.config.ts']
const COPIES = 2

const bugs = JSON.parse(readFileSync(join(ROOT, 'test/planted/bugs.json'), 'utf8'))

/** `--part 2/5` runs every fifth bug from the second on; a word runs those that it is part of. */
function chosen(args) {
  const at = args.indexOf('--part')
  if (at >= 0) {
    const [part, of] = (args[at + 1] ?? '').split('/').map(Number)
    if (!(part >= 1 && part <= of)) throw new Error('--part 2/5')
    return bugs.filter((_, index) => index % of === part - 1)
  }
  const [word] = args.filter((one) => !one.startsWith('--'))
  return word === undefined ? bugs : bugs.filter(({ name }) => name.includes(word))
}

function newCopy() {
  const copy = mkdtempSync(join(tmpdir(), 'signalbox-planted-'))
  for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** Puts the bug in; answers how to take it out. Throws when the place is not exactly one. */
function plant(copy, { edits }) {
  const before = new Map()
  const restore = () => {
    for (const [path, text] of before) writeFileSync(path, text)
  }
  try {
    for (const { file, find, replace } of edits) {
      const path = join(copy, file)
      const text = readFileSync(path, 'utf8')
      if (!before.has(path)) before.set(path, text)
      const count = text.split(find).length - 1
      if (count !== 1) throw new Error(`${file}: ${count} places for ${JSON.stringify(find)}`)
      writeFileSync(
        path,
        text.replace(find, () => replace),
      )
    }
  } catch (fault) {
    restore()
    throw fault
  }
  return restore
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Runs one test of one file; answers how it ended: `passed`, `failed`, `not run`. */
function look(copy, { test, title }) {
  const { CI: _, SIGNALBOX_PROOF: __, SIGNALBOX_FIGURES: ___, ...env } = process.env
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const args = ['run', test, '-t', escaped(title), '--reporter=json', `--outputFile=${report}`]
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [vitest, ...args], {
    cwd: copy,
    stdio: 'ignore',
    env: { ...env, SIGNALBOX_ROUNDS: rounds(test) },
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => resolve(ending(report, title)))
  })
}

/** Enough for the bug to show; a race has few chances in each round. */
const rounds = (test) => (test.includes('race') ? '8' : test.includes('shuffled') ? '40' : '2000')

function ending(report, title) {
  let results
  try {
    results = JSON.parse(readFileSync(report, 'utf8')).testResults
  } catch {
    return 'not run'
  }
  const named = results
    .flatMap(({ assertionResults }) => assertionResults)
    .filter((one) => one.title.startsWith(title) && one.status !== 'skipped')
  if (named.length === 0) return 'not run'
  return named.some(({ status }) => status === 'failed') ? 'failed' : 'passed'
}

/** Without any bug the same tests must pass, or their failing would prove nothing. */
async function control() {
  const copy = newCopy()
  try {
    for (const one of new Map(bugs.map((bug) => [`${bug.test} ${bug.title}`, bug])).values()) {
      const found = await look(copy, one)
      if (found !== 'passed') throw new Error(`without a bug: ${one.test} › ${one.title}: ${found}`)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

async function work(queue, told) {
  const copy = newCopy()
  try {
    for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
      const began = performance.now()
      let found
      try {
        const restore = plant(copy, bug)
        found = await look(copy, bug)
        restore()
      } catch (fault) {
        found = fault.message
      }
      const seconds = Math.round((performance.now() - began) / 1_000)
      const caught = found === 'failed'
      told.push({ ...bug, caught, found, seconds })
      const by = `${bug.test} › ${bug.title}`
      console.log(
        `${caught ? '✓ caught' : `✗ NOT CAUGHT (${found})`} | ${bug.name} | ${by} | ${seconds} s`,
      )
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

if (process.argv.includes('--control')) await control()
const queue = chosen(process.argv.slice(2))
const total = queue.length
const told = []
console.log(`Planting ${total} of ${bugs.length} bugs, ${COPIES} at a time.`)
await Promise.all(Array.from({ length: COPIES }, () => work(queue, told)))
const missed = told.filter(({ caught }) => !caught)
console.log(`${total - missed.length} of ${total} caught.`)
if (process.env.SIGNALBOX_PLANTED !== undefined) {
  const commit = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' })
  writeFileSync(
    process.env.SIGNALBOX_PLANTED,
    JSON.stringify({ commit: commit.stdout.trim(), told }, null, 2),
  )
}
process.exit(missed.length === 0 && total > 0 ? 0 : 1)
