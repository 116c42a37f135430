/**
 * Mutation testing: small faults are put into the rules, one at a time; each must fail a test.
 *
 * Invariant: nothing here says which rules, or which tests: `.ci/mutants.mjs` does.
 */
export default {
  testRunner: 'vitest',
  // Which tests reach a mutant is known from the first run: no need to follow imports each time.
  vitest: { configFile: 'vitest.mutants.config.mjs', related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  coverageAnalysis: 'perTest',
  // Constants are read once, before the first test: each of their mutants would cost a whole run.
  ignoreStatic: true,
  concurrency: Number(process.env.SIGNALBOX_COPIES ?? 1),
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: process.env.SIGNALBOX_MUTANTS_REPORT },
  tempDirName: '.signalbox/mutants/sandbox',
  incremental: true,
  incrementalFile: process.env.SIGNALBOX_MUTANTS_KNOWN,
  timeoutMS: 15_000,
  ignorePatterns: ['dist', '.signalbox', 'docs'],
}
