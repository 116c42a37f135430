// Loaded into a process under test by NODE_OPTIONS=--import: turns the marker comments of the build
// into calls, and does what is armed for them.
// Invariant: an armed point acts once, in one process: whoever removes its file from `armed`. What
// was reached stands in `hits` before anything is done about it.
import { appendFileSync, existsSync, readFileSync, unlinkSync } from 'node:fs'
import { register } from 'node:module'
import { join } from 'node:path'

const folder = process.env['SIGNALBOX_FAILPOINTS']

if (folder !== undefined) {
  register('./rewrite.mjs', import.meta.url)
  const reached = new Map()
  globalThis.signalboxFailpoint = (name, of = null) => {
    const told = (did) => {
      const line = { at: Date.now(), pid: process.pid, name, of, did }
      appendFileSync(join(folder, 'hits'), `${JSON.stringify(line)}\n`)
    }
    for (const armed of of === null ? [name] : [name, `${name} ${of}`]) {
      const path = join(folder, 'armed', armed)
      if (!existsSync(path)) continue
      const count = (reached.get(armed) ?? 0) + 1
      reached.set(armed, count)
      const { act, hit } = JSON.parse(readFileSync(path, 'utf8'))
      if (count < hit || !removed(path)) continue
      reached.delete(armed)
      told(act)
      if (act === 'kill') process.kill(process.pid, 'SIGKILL')
      // Not a statement more is executed here, until somebody ends or wakes this process.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, act === 'kill' ? undefined : act)
      return
    }
    told(null)
  }
}

function removed(path) {
  try {
    unlinkSync(path)
    return true
  } catch {
    return false
  }
}
