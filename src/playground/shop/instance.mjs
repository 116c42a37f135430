/**
 * `instance.mjs start DIRECTORY ENVIRONMENT VERSION` and `instance.mjs stop DIRECTORY`: a server as
 * a process of its own, which outlives whoever started it. One that runs already is left alone, and
 * only a process that says itself that it is this instance is ever ended.
 */
import { spawn } from 'node:child_process'
import { openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const [act, directory = '.', environment = '', version = ''] = process.argv.slice(2)
const file = join(directory, 'instance.json')
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function written() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

async function ask(path) {
  const at = written()
  if (at === null) return null
  try {
    const answer = await fetch(`http://127.0.0.1:${at.port}${path}`, {
      signal: AbortSignal.timeout(1_000),
    })
    return { at, ok: answer.ok, body: await answer.json() }
  } catch {
    return null
  }
}

async function running() {
  const found = await ask('/version')
  return found !== null && found.body.pid === found.at.pid ? found.at : null
}

async function stop() {
  const found = await running()
  if (found === null) return
  process.kill(found.pid)
  for (let looks = 0; looks < 50 && (await ask('/version')) !== null; looks++) await rest(50)
}

async function start() {
  const found = await running()
  if (found !== null) {
    console.log(`it answers on port ${found.port} already`)
    return
  }
  rmSync(file, { force: true })
  const out = openSync(join(directory, 'instance.log'), 'a')
  const child = spawn(process.execPath, ['server.mjs', environment, version], {
    cwd: directory,
    detached: true,
    stdio: ['ignore', out, out],
  })
  let hasEnded = false
  child.once('exit', () => {
    hasEnded = true
  })
  for (let looks = 0; looks < 100 && !hasEnded; looks++) {
    const found = await ask('/healthz')
    if (found?.ok) {
      child.unref()
      console.log(`it answers on port ${found.at.port}`)
      return
    }
    await rest(50)
  }
  if (!hasEnded) child.kill()
  console.error(readFileSync(join(directory, 'instance.log'), 'utf8'))
  console.error(hasEnded ? 'it ended while it started' : 'it did not become healthy in 5 seconds')
  process.exitCode = 1
}

await (act === 'start' ? start() : stop())
