// Measures what a person waits for and what it costs at rest: `npm run bench`.
// Invariant: every figure is also given as a ratio to a bare `node` measured in the same run, for
// machines differ and are shared. Nothing is asserted.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const RIDES = Number(process.env.RIDES ?? 5)
const home = mkdtempSync(join(tmpdir(), 'signalbox-bench-'))
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const rest = (ms) => new Promise((done) => setTimeout(done, ms))
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const baseMs = median(
  Array.from({ length: 7 }, () => timed(() => spawnSync(process.execPath, ['-e', '0']))),
)
const idle = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'])
await rest(500)
const baseKb = residentKb(idle.pid)
idle.kill()

const server = await serve()
try {
  const secrets = JSON.parse(readFileSync(join(home, 'sample', 'tokens.json'), 'utf8'))
  const tokens = Object.fromEntries(secrets.map(({ name, secret }) => [name, secret]))
  const announced = []
  const started = []
  for (let ride = 1; ride <= RIDES; ride++) {
    const title = `Bench ${ride}`
    const change = merge(title)
    const began = performance.now()
    await command(tokens.ci, {
      type: 'record_change',
      author: 'ana',
      title,
      ...change,
      paths: ['features/00-opening.mjs'],
    })
    await until(async () => (await seen()).includes(title), 20)
    announced.push(performance.now() - began)
    await command(tokens.ci, {
      type: 'record_check',
      sha: change.sha,
      name: 'test',
      status: 'success',
    })
    await command(tokens.ana, { type: 'depart' })
    await until(
      async () => (await environment(tokens.ana, 0)).deployment?.status === 'verified',
      200,
    )
    await command(tokens.ana, { type: 'consent', train: ride })
    await until(async () => (await environment(tokens.ana, 1)).live?.sha === change.sha, 200)
    started.push(await fromConsentToStart(tokens.ana, ride))
  }
  await rest(3_000)
  const agent = Number(readFileSync(join(home, 'agent.lock'), 'utf8').split(' ')[0])
  const row = (what, value, base, unit) =>
    console.log(`${what} | ${Math.round(value)} ${unit} | ${(value / base).toFixed(1)}`)
  console.log(`node ${process.version}, ${RIDES} rides, medians | figure | ratio to a bare node`)
  row('a merge is told → its train stands in Slack', median(announced), baseMs, 'ms')
  row('the last yes → the deploy script starts', median(started), baseMs, 'ms')
  row('memory of the server at rest', residentKb(server.pid) / 1024, baseKb / 1024, 'MB')
  row('memory of the agent at rest', residentKb(agent) / 1024, baseKb / 1024, 'MB')
  row('(a bare node: started and ended)', baseMs, baseMs, 'ms')
  row('(a bare node: memory)', baseKb / 1024, baseKb / 1024, 'MB')
} finally {
  const ended = new Promise((done) => server.once('exit', done))
  server.kill('SIGTERM')
  await ended
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
}

function timed(work) {
  const began = performance.now()
  work()
  return performance.now() - began
}

function residentKb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

async function serve() {
  const env = { ...process.env, SIGNALBOX_HOME: home, PORT: String(port), LOG_LEVEL: 'warn' }
  const child = spawn(process.execPath, ['dist/cli.js', 'serve'], { env })
  child.stderr.pipe(process.stderr)
  await new Promise((ready, fail) => {
    child.once('exit', (code) => fail(new Error(`the server ended with ${code}`)))
    child.stdout.once('data', ready)
  })
  return child
}

/** A real commit in the sample's repository. */
function merge(title) {
  const git = (...args) =>
    execFileSync('git', ['-C', join(home, 'sample', 'shop'), ...args], { encoding: 'utf8' }).trim()
  const parent = git('rev-parse', 'HEAD')
  git('commit', '--quiet', '--allow-empty', '-m', title)
  return { sha: git('rev-parse', 'HEAD'), parent, merged_at: new Date().toISOString() }
}

async function command(token, body) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const path = `${url}/api/v1/pipelines/shop/commands`
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(await answer.text())
}

async function get(token, path) {
  const answer = await fetch(`${url}/api/v1/pipelines/shop${path}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  return answer.json()
}

async function environment(token, index) {
  return (await get(token, '')).environments[index]
}

/** What ana sees in the stand-in for Slack. */
async function seen() {
  return (await fetch(`${url}/playground/state?as=U0ANA`)).text()
}

/** Both moments are the database's, in the audit. */
async function fromConsentToStart(token, train) {
  const all = []
  for (let after = 0; ; ) {
    const { events, next } = await get(token, `/events?after=${after}`)
    if (events.length === 0) break
    all.push(...events)
    after = next
  }
  const said = all.findLast(({ type, train: its }) => type === 'consent_given' && its === train)
  const ran = all.find(
    ({ type, key }) => type === 'run_started' && key.startsWith(`shop/${train}:production:`),
  )
  return Date.parse(ran.at) - Date.parse(said.at)
}

async function until(holds, everyMs) {
  const limit = Date.now() + 60_000
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error('it never came')
    await rest(everyMs)
  }
}

function freePort() {
  return new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address()
      probe.close(() => found(free))
    })
  })
}
