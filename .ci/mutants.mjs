// Mutation testing of what must not be wrong, area by area: signatures, the redactor, the gate, approvals
// and consents, then the rest of the core in pieces. Invariant: a mutant survives only if `docs/mutants.md` says why;
// no area may fall below nine of ten.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const HOME = join(ROOT, '.signalbox', 'mutants')
const LEAST = 90

/** Told as stories; random histories would find more, and take hours. */
const SCRIPTED = ['test/core/!(*properties).test.ts']

/** Files of the core, by their names. `isCold`: where they keep something between two questions. */
function core(...names) {
  return { mutate: names.map((name) => `src/core/${name}.ts`), tests: SCRIPTED }
}

/** Bounded pieces: each is measured by itself in minutes, and again only where something changed. */
const NAMED = {
  signatures: {
    mutate: ['src/slack/signature.ts', 'src/github/verify.ts'],
    tests: ['test/proof/signatures.test.ts'],
  },
  redactor: {
    mutate: ['src/runs/redact.ts'],
    tests: ['test/proof/redactor.test.ts', 'test/runs/redact.test.ts'],
  },
  gate: core('gate', 'gates/*', 'blocker'),
  words: core('answers/word', 'answers/vouch', 'spoken'),
  moves: core(
    'advance*',
    'decide',
    'doors',
    'wake',
    'landing',
    'hand',
    'ground',
    'deployment-requested',
  ),
  answers: core('answers/!(word|vouch)'),
  line: core('line', 'special', 'ancestry', 'contains', 'passed-by', 'people', 'releases'),
  health: core('verification', 'finding', 'checks', 'failure', 'reaction', 'reality', 'flag*'),
  calendar: { ...core('windows', 'clock-times', 'duration'), isCold: true },
  state: core('evolve*', 'empty', 'whole', 'remember', 'conflict'),
}

/** Whatever else decides, or says why. */
const REST = {
  mutate: [
    'src/core/**/*.ts',
    ...Object.values(NAMED).flatMap(({ mutate }) => mutate.map((one) => `!${one}`)),
  ],
  tests: SCRIPTED,
}

const AREAS = { ...NAMED, rest: REST }

/** What Stryker counts: found are killed and timed out; no test reaches what is uncovered. */
function score(report) {
  const mutants = Object.entries(report.files).flatMap(([file, { source, mutants: its }]) =>
    its.map((one) => ({ file, source, ...one })),
  )
  const of = (...statuses) => mutants.filter(({ status }) => statuses.includes(status))
  const found = of('Killed', 'Timeout').length
  const alive = of('Survived', 'NoCoverage')
  return { found, all: found + alive.length, alive }
}

function say({ file, source, location: { start, end }, replacement, status }) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const text =
    start.line === end.line ? lines[0].slice(start.column - 1, end.column - 1) : lines[0].trim()
  return `${status} ${file}:${start.line}:${start.column} ${text} → ${replacement}`
}

function measure(name, { mutate, tests, isCold = false }) {
  const report = join(HOME, `${name}.json`)
  const stryker = join(ROOT, 'node_modules/@stryker-mutator/core/bin/stryker.js')
  const done = spawnSync(process.execPath, [stryker, 'run', '--mutate', mutate.join(',')], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      SIGNALBOX_MUTANTS: tests.join(' '),
      SIGNALBOX_MUTANTS_COLD: isCold ? 'yes' : 'no',
      SIGNALBOX_MUTANTS_REPORT: report,
      SIGNALBOX_MUTANTS_KNOWN: join(HOME, `${name}.known.json`),
    },
  })
  if (done.status !== 0) return null
  return score(JSON.parse(readFileSync(report, 'utf8')))
}

mkdirSync(HOME, { recursive: true })
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in AREAS))
if (unknown.length > 0) {
  console.error(
    `No area is called ${unknown.join(', ')}; there are ${Object.keys(AREAS).join(', ')}.`,
  )
  process.exit(2)
}
const told = []
for (const [name, area] of Object.entries(AREAS)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const result = measure(name, area)
  if (result === null) process.exit(1)
  const { found, all, alive } = result
  const percent = Math.floor((1000 * found) / all) / 10
  told.push({ name, found, all, percent })
  writeFileSync(join(HOME, `${name}.survivors.txt`), `${alive.map(say).join('\n')}\n`)
  console.log(`${alive.map(say).join('\n')}\n${name}: ${found} of ${all} found, ${percent} %`)
}
if (process.env.SIGNALBOX_MUTANTS_TOLD !== undefined) {
  writeFileSync(process.env.SIGNALBOX_MUTANTS_TOLD, JSON.stringify(told, null, 2))
}
process.exit(told.every(({ percent }) => percent >= LEAST) ? 0 : 1)
