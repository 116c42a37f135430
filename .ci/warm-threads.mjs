/**
 * A thread for tests that outlives a run: for mutation testing, where the same tests run a thousand
 * times and only one condition differs.
 *
 * Invariant: only for tests that leave nothing behind in the modules they read. What a thread has read
 * it keeps until it is replaced. See https://vitest.dev/guide/advanced/pool
 */
import { ThreadsPoolWorker } from 'vitest/node'

/** A thread listens once more at every run, and so becomes slower. */
const RUNS_MAX = 40

/** The one thread that waits for its next run; Stryker runs one at a time in each of its processes. */
let waiting = null

class WarmThread extends ThreadsPoolWorker {
  name = 'warm'
  runs = 0
  isDone = false

  async start() {
    if (waiting !== null) {
      this.runs = waiting.runs
      this._thread = waiting.thread
      this._thread.ref()
      waiting = null
    }
    this.runs += 1
    await super.start()
  }

  /** To be stopped it would forget what it has read. */
  send(message) {
    if (message.type !== 'stop') return super.send(message)
    this.isDone = true
    const stopped = { type: 'stopped', __vitest_worker_response__: true }
    setImmediate(() => this._thread?.emit('message', stopped))
  }

  async stop() {
    if (!this.isDone || this.runs >= RUNS_MAX || waiting !== null) return await super.stop()
    const thread = this._thread
    for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event)
    thread.stdout.unpipe(this.stdout)
    thread.stderr.unpipe(this.stderr)
    this._thread = undefined
    thread.unref()
    waiting = { thread, runs: this.runs }
  }
}

/** The plugin that makes a project's tests run in such a thread. */
export const warmThreads = {
  name: 'warm-threads',
  configureVitest({ project }) {
    project.config.pool = 'warm'
    project.config.poolRunner = {
      name: 'warm',
      createPoolWorker: (options) => new WarmThread(options),
    }
  },
}
