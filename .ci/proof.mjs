// The proof at its full size: each part once for the present commit, its figures into the table of
// docs/reliability.md. Invariant: only what ran and held is written; a run that was cut off goes on
// where it was (`--again` begins anew).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const HOME = join(ROOT, '.signalbox', 'proof')
const STATE = join(HOME, 'state.json')
const PAGE = join(ROOT, 'docs', 'reliability.md')
const BEGIN = '<!-- figures: written by `npm run proof` -->'
const END = '<!-- end of figures -->'

const TESTS = [
  'start-race',
  'shuffled',
  'signatures',
  'forgery',
  'hostile',
  'redactor',
  'bodies',
  'tampering',
  'outages',
  'histories',
]

const git = (...args) => spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' }).stdout.trim()

const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')

/** Runs tests at their full size; null: they do not hold. */
function measure(name, args) {
  const figures = join(HOME, `${name}.jsonl`)
  rmSync(figures, { force: true })
  const { CI: _, SIGNALBOX_ROUNDS: __, ...env } = process.env
  const done = spawnSync(process.execPath, [VITEST, 'run', ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...env, SIGNALBOX_PROOF: 'full', SIGNALBOX_FIGURES: figures },
  })
  if (done.status !== 0) return null
  const lines = existsSync(figures) ? readFileSync(figures, 'utf8').trim().split('\n') : []
  return lines.filter(Boolean).map((line) => JSON.parse(line))
}

function plant() {
  const report = join(HOME, 'planted.json')
  const done = spawnSync(process.execPath, [join(ROOT, '.ci/planted.mjs'), '--control'], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, SIGNALBOX_PLANTED: report },
  })
  if (done.status !== 0) return null
  const { told } = JSON.parse(readFileSync(report, 'utf8'))
  const caught = told.filter((one) => one.caught).length
  return [
    {
      what: 'planted bugs, each against its one test: caught',
      figure: `${caught} of ${told.length}`,
    },
  ]
}

/** Long histories from a fresh seed; what was printed last is the figure. */
function simulate() {
  const args = ['run', '-s', 'sim', '--', '--histories', '20000', '--at-least', '20000']
  const done = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 })
  console.log(done.stdout)
  if (done.status !== 0) return null
  const figure = done.stdout.trim().split('\n').at(-1)
  return [{ what: 'simulated histories of two replicas: a broken invariant', figure }]
}

/** The areas of which nine of ten were found; `docs/mutants.md` says how far the others are. */
const MUTATED = ['signatures', 'redactor', 'gate', 'words', 'answers']

function mutate() {
  const report = join(HOME, 'mutants.json')
  const done = spawnSync(process.execPath, [join(ROOT, '.ci/mutants.mjs'), ...MUTATED], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, SIGNALBOX_MUTANTS_TOLD: report },
  })
  if (done.status !== 0) return null
  return JSON.parse(readFileSync(report, 'utf8')).map(({ name, found, all, percent }) => ({
    what: `mutants in the area “${name}”: found by its tests`,
    figure: `${found} of ${all} (${percent} %)`,
  }))
}

function readState(commit) {
  const fresh = { commit, parts: {} }
  if (process.argv.includes('--again') || !existsSync(STATE)) return fresh
  const kept = JSON.parse(readFileSync(STATE, 'utf8'))
  return kept.commit === commit ? kept : fresh
}

/** A cell of a table holds no bar. */
const cell = (text) => text.replaceAll('|', '\\|')

function write({ commit, parts }) {
  const rows = Object.values(parts).flatMap(({ figures, seconds }) =>
    figures.map(({ what, figure }, index) => [what, figure, index === 0 ? `${seconds} s` : '〃']),
  )
  const told = [
    BEGIN,
    `Commit \`${commit.slice(0, 12)}\`, Node ${process.versions.node}, ${cpus().length} cores, by \`npm run proof\`.`,
    '',
    '| what was tried: what must not happen | times: how often it did | took |',
    '|---|---|---|',
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
    END,
  ].join('\n')
  const page = readFileSync(PAGE, 'utf8')
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`${PAGE} has lost its markers`)
  writeFileSync(PAGE, page.slice(0, from) + told + page.slice(to + END.length))
  // The formatter aligns tables; unformatted, the next lint would fail.
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome')
  const { status } = spawnSync(process.execPath, [biome, 'format', '--write', PAGE], { cwd: ROOT })
  if (status !== 0) throw new Error(`${PAGE} could not be formatted`)
}

const changed = git('status', '--porcelain')
  .split('\n')
  .filter((line) => line !== '' && !line.endsWith('docs/reliability.md'))
if (changed.length > 0) {
  console.error(`Commit first: figures belong to a commit.\n${changed.join('\n')}`)
  process.exit(1)
}
mkdirSync(HOME, { recursive: true })
// The page itself is no part of what is measured.
const commit = git('log', '-1', '--format=%H', '--', '.', ':!docs/reliability.md')
const state = readState(commit)
const parts = [
  ...TESTS.map((name) => [name, () => measure(name, [`test/proof/${name}.test.ts`])]),
  ['kills', () => measure('kills', ['--config', 'vitest.kills.config.ts'])],
  ['sim', simulate],
  ['planted', plant],
  ['mutants', mutate],
]
for (const [name, run] of parts) {
  if (state.parts[name] !== undefined) {
    console.log(`${name}: measured already`)
    continue
  }
  const began = performance.now()
  const figures = run()
  if (figures === null) {
    console.error(`${name} does not hold; mended, run this again.`)
    process.exit(1)
  }
  state.parts[name] = { figures, seconds: Math.round((performance.now() - began) / 1_000) }
  writeFileSync(STATE, JSON.stringify(state, null, 2))
  write(state)
}
write(state)
console.log('docs/reliability.md has the figures.')
