/**
 * The sample: a real repository with a real deploy script, for a first ride without any setup.
 *
 * Invariant: made once under the home, never over anything that exists; its tokens are random and
 * stand in files that only their owner reads.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Token } from '../http/identity.ts'

export interface Sample {
  /** The configuration file. */
  readonly file: string
  readonly tokens: readonly Token[]
  /** A file to source: it defines the commands of the tour. */
  readonly tour: string
}

const PEOPLE = ['ana', 'bob', 'cem'] as const

/** Makes the sample in `home`, or finds the one made before. */
export function makeSample(home: string, url: string): Sample {
  const folder = join(home, 'sample')
  const repository = join(folder, 'shop')
  if (!existsSync(join(repository, '.git'))) makeRepository(repository)
  const file = join(folder, 'signalbox.yml')
  if (!existsSync(file)) writeFileSync(file, configuration(repository, join(folder, 'sites')))
  const tokens = readTokens(join(folder, 'tokens.json'))
  const tour = join(folder, 'tour.sh')
  writeFileSync(tour, tourScript({ repository, url, tokens }), { mode: 0o700 })
  return { file, tokens, tour }
}

function makeRepository(repository: string): void {
  mkdirSync(repository, { recursive: true })
  writeFileSync(join(repository, 'index.html'), '<h1>The shop</h1>\n<p>version 1</p>\n')
  const script = [
    '#!/bin/sh',
    '# Puts this checkout where the site is served from, in one step.',
    'set -eu',
    'site="$1/$SIGNALBOX_ENVIRONMENT"',
    'mkdir -p "$1"',
    'rm -rf "$site.new" && mkdir "$site.new"',
    'cp index.html "$site.new/" && echo "$SIGNALBOX_SHA" > "$site.new/version"',
    'echo "building $SIGNALBOX_SHA for $SIGNALBOX_ENVIRONMENT"',
    'sleep 1',
    'rm -rf "$site" && mv "$site.new" "$site"',
    'echo "live: $site"',
    '',
  ]
  writeFileSync(join(repository, 'deploy.sh'), script.join('\n'))
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

const configuration = (repository: string, sites: string): string =>
  `# The sample pipeline. Copy it for your own: repository and one environment are enough.
people:
${PEOPLE.map((name) => `  - { name: ${name}, github: ${name} }`).join('\n')}

pipelines:
  shop:
    repository: ${JSON.stringify(repository)}
    train: { depart_after: 2m, depart_at_changes: 3 }
    checks: { require: [] }
    environments:
      - name: staging
        deploy: { run: ${JSON.stringify(`./deploy.sh '${sites}'`)}, timeout: 2m }
        soak: 5s
      - name: production
        deploy: { run: ${JSON.stringify(`./deploy.sh '${sites}'`)}, timeout: 2m }
`

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
  echo "<p>$*</p>" >> '${repository}/index.html' &&
  git -C '${repository}' -c user.name="$who" -c user.email="$who@example.com" commit -qam "$*" &&
  git -C '${repository}' checkout -q main &&
  git -C '${repository}' merge -q --no-ff -m "Merge: $*" "change-$$" &&
  git -C '${repository}' branch -q -d "change-$$" &&
  ci record-change shop --sha "$(git -C '${repository}' rev-parse HEAD)" --parent "$parent" \\
    --author "$who" --title "$*"
}
`
}
