/**
 * The sample: a real repository with a real deploy script, for a first ride without any setup.
 *
 * Invariant: made once under the home, never over anything that exists; its tokens are random and
 * stand in files that only their owner reads.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Token } from '../http/identity.ts'
import { FULL_NAME } from './github/payloads.ts'
import { DEPLOYS } from './members.ts'
import { DOORS } from './town/doors.ts'
import { METRICS } from './town/metrics.ts'

export interface Sample {
  /** The configuration file. */
  readonly file: string
  readonly tokens: readonly Token[]
  readonly repository: string
  /** Where the deploy script puts what it deploys. */
  readonly sites: string
  /** A file to source: it defines the commands of the tour. */
  readonly tour: string
}

const PEOPLE = ['ana', 'bob', 'cem'] as const

/** Where the playground is found this time. */
export interface Place {
  /** Its public address. */
  readonly url: string
  /** Where it listens on this machine. */
  readonly port: number
}

/**
 * Makes the sample in `home`, or finds the one made before. `place` null: it is only read. `now`, in
 * milliseconds since the epoch, is when it is made, if it is.
 */
export function makeSample(home: string, place: Place | null, now = Date.now()): Sample {
  const folder = join(home, 'sample')
  const repository = join(folder, 'shop')
  if (!existsSync(join(repository, '.git'))) makeRepository(repository)
  const file = join(folder, 'signalbox.yml')
  const sites = join(folder, 'sites')
  if (!existsSync(file)) writeFileSync(file, configuration(sites, now))
  refuseFormer(file, repository)
  const tokens = readTokens(join(folder, 'tokens.json'))
  const tour = join(folder, 'tour.sh')
  if (place !== null) {
    moveDoors(file, place.port)
    writeFileSync(tour, tourScript({ repository, url: place.url, tokens }), { mode: 0o700 })
  }
  return { file, tokens, repository, sites, tour }
}

/** In an earlier version the sample's repository was a folder, of which no GitHub told. */
function refuseFormer(file: string, repository: string): void {
  if (!readFileSync(file, 'utf8').includes(`repository: ${JSON.stringify(repository)}`)) return
  throw new Error(
    `${file} was made by an earlier version: begin anew with \`npm start -- --fresh\``,
  )
}

/** The shop's own files: read where they stand, from the sources and from the build alike. */
const SHOP = fileURLToPath(new URL('../../src/playground/shop', import.meta.url))

function makeRepository(repository: string): void {
  mkdirSync(repository, { recursive: true })
  cpSync(SHOP, repository, { recursive: true })
  chmodSync(join(repository, 'deploy.sh'), 0o755)
  git(repository, 'init', '--quiet', '--initial-branch', 'main')
  git(repository, 'config', 'user.name', 'Sample')
  git(repository, 'config', 'user.email', 'sample@example.com')
  git(repository, 'add', '.')
  git(repository, 'commit', '--quiet', '-m', 'Open the shop')
}

function git(repository: string, ...args: readonly string[]): void {
  execFileSync('git', ['-C', repository, ...args], { stdio: 'ignore' })
}

/** The shops' addresses: the playground passes what is asked there on to whichever runs now. */
const doorsAt = (port: number): string => `http://127.0.0.1:${port}${DOORS}`

const metricsAt = (port: number): string => `http://127.0.0.1:${port}${METRICS}`

const ADDRESSES = new RegExp(`http://127\\.0\\.0\\.1:\\d+(${DOORS}|${METRICS})`, 'g')

/**
 * Has the sample's file ask the shops, the till and the metrics where the playground listens this
 * time. What people made of their file stays.
 */
function moveDoors(file: string, port: number): void {
  const text = readFileSync(file, 'utf8')
  const moved = text.replaceAll(ADDRESSES, `http://127.0.0.1:${port}$1`)
  if (moved !== text) writeFileSync(file, moved)
}

interface Seen {
  readonly name: string
  /** Which of the shop's pages is asked. */
  readonly page: string
  /** What it must say; null: that it answers is enough. */
  readonly says: string | null
}

const VERSION: Seen = { name: 'version', page: 'version', says: 'path: $.version, expect: sha' }
const ANSWERS: Seen = { name: 'health', page: 'healthz', says: null }
const HEALTH: Seen = { name: 'health', page: 'version', says: 'path: $.health, expect: healthy' }

/** Looked at every other second, and believed the second time: somebody watches. */
function step(environment: string, { name, page, says }: Seen): string {
  const http = `url: "${doorsAt(3000)}/${environment}/${page}"${says === null ? '' : `, ${says}`}`
  return `          - { name: ${name}, every: 2s, times: 2, within: 5s, http: { ${http} } }`
}

const deployed = (sites: string, environment: string, health: Seen): string =>
  `        deploy: { run: ${JSON.stringify(`./deploy.sh '${sites}'`)}, timeout: 2m }
        verify: # the running shop itself is asked, through the whole soak
${[VERSION, health].map((seen) => step(environment, seen)).join('\n')}`

const DAY_MS = 86_400_000

/** The day after tomorrow: nobody's first ride meets it, and two days are soon let pass. */
const stocktaking = (now: number): string => new Date(now + 2 * DAY_MS).toISOString().slice(0, 10)

const NEWEST: Seen = { ...VERSION, name: 'newest-till' }

const FAILED_SALES =
  'rate(failed_sales_total{release="{{release}}"}[2s]) / rate(sales_total{release="{{release}}"}[2s])'

/** Its bakes are as short as eight numbers can be had, of which no two share a sale. */
const till = (sites: string): string => `
  till: # takes the money, so a release gets there in steps, each compared with the old release
    repository: ${FULL_NAME}
    channel: ${DEPLOYS.id}
    paths: [till/**]
    train: { depart_after: 2m, depart_at_changes: 3 }
    checks: { require: [test] }
    environments:
      - name: production
        deploy: { run: ${JSON.stringify(`sh till/deploy.sh '${sites}'`)}, timeout: 2m }
        verify:
${step('till', NEWEST)}
        rollout:
          steps: [10, 50, 100] # percent of the customers
          bake: 16s # a real one: many minutes
          analysis:
            - name: failed sales
              prometheus:
                url: "${metricsAt(3000)}"
                query: '${FAILED_SALES}'
              better: lower
              by: 1 # half as many again are chance: with so few customers it takes twice as many
              every: 2s
        on_failure: { do: roll_back, after: 20s }
        after_verified: { run: ${JSON.stringify(`sh till/retire.sh '${sites}'`)} } # the old till is closed
    permissions: { break_glass: [cem], special: [cem], link: [cem] }
`

const configuration = (sites: string, now: number): string =>
  `# The sample pipeline. Copy it for your own: repository and one environment are enough.
people:
${PEOPLE.map((name) => `  - { name: ${name}, github: ${name}, slack: U0${name.toUpperCase()} }`).join('\n')}

pipelines:
  shop:
    repository: ${FULL_NAME} # on GITHUB_API_URL, which the playground sets to its own stand-in
    channel: ${DEPLOYS.id}
    paths: ["!till/**"]
    train: { depart_after: 2m, depart_at_changes: 3 }
    checks: { require: [test] }
    migrations: # a change that moves data: it is live first, then the data, then the old code goes
      paths: [migrations/**]
      run: ${JSON.stringify(`sh ./migrate.sh '${sites}'`)}
      verify: ${JSON.stringify(`sh ./migrated.sh '${sites}'`)}
      after: 30s # a real one: hours
      batch: { size: 200, every: 3s }
    environments:
      - name: staging
        soak: 5s
${deployed(sites, 'staging', ANSWERS)}
      - name: production
        soak: 10s
${deployed(sites, 'production', HEALTH)}
        reality: { every: 10s, times: 2 } # also afterwards: somebody could change it by hand
        on_failure: { do: roll_back, after: 20s } # unless somebody presses Cancel
        windows: # closed on the day on which the shop counts its stock; cem may all the same
          deny: ["${stocktaking(now)}"]
          except: { people: [cem] }
    permissions: { break_glass: [cem], special: [cem], link: [cem] }
${till(sites)}`

function readTokens(path: string): readonly Token[] {
  if (!existsSync(path)) {
    const made = [...PEOPLE, 'ci'].map((name) => ({
      name,
      secret: randomBytes(24).toString('hex'),
    }))
    writeFileSync(path, JSON.stringify(made, null, 2), { mode: 0o600 })
  }
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** Shell functions: `merge WHO TITLE` really merges, and the people speak through the real CLI. */
function tourScript({
  repository,
  url,
  tokens,
}: {
  readonly repository: string
  readonly url: string
  readonly tokens: readonly Token[]
}): string {
  const cli = fileURLToPath(new URL('../cli.js', import.meta.url))
  const speak = tokens.map(
    ({ name, secret }) =>
      `${name}() { SIGNALBOX_URL='${url}' SIGNALBOX_TOKEN='${secret}' '${process.execPath}' '${cli}' "$@"; }`,
  )
  return `# Source this file:  . ${join(repository, '..', 'tour.sh')}
${speak.join('\n')}
# merge WHO TITLE: a branch, a commit, a real merge, and the report a CI job would send.
merge() {
  who="$1"; shift
  parent=$(git -C '${repository}' rev-parse HEAD)
  git -C '${repository}' checkout -q -b "change-$$" &&
  printf '// %s\\n' "$*" >> '${repository}/features/00-opening.mjs' &&
  git -C '${repository}' -c user.name="$who" -c user.email="$who@example.com" commit -qam "$*" &&
  git -C '${repository}' checkout -q main &&
  git -C '${repository}' merge -q --no-ff -m "$*" "change-$$" &&
  git -C '${repository}' branch -q -d "change-$$" &&
  ci record-change shop --sha "$(git -C '${repository}' rev-parse HEAD)" --parent "$parent" \\
    --author "$who" --title "$*" --path features/00-opening.mjs &&
  ci record-check shop --sha "$(git -C '${repository}' rev-parse HEAD)" --name test --status success
}
`
}
