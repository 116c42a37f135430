/**
 * The fast tests of one area, for mutation testing: they need no server, and a mutant runs those that
 * reach it. `SIGNALBOX_MUTANTS` names their files.
 */
import { defineConfig } from 'vitest/config'
import { warmThreads } from './.ci/warm-threads.mjs'

/** Where what is read once is not kept between two mutants. */
const isCold = process.env.SIGNALBOX_MUTANTS_COLD === 'yes'

export default defineConfig({
  plugins: isCold ? [] : [warmThreads],
  test: {
    include: (process.env.SIGNALBOX_MUTANTS ?? 'test/core/*.test.ts').split(' '),
    env: { SIGNALBOX_ROUNDS: '300', SIGNALBOX_HISTORIES: '10' },
    // They share nothing that changes: reading the rules once for all of them is three times as fast.
    isolate: false,
    testTimeout: 60_000,
  },
})
