import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/kills/*.kills.ts'],
    globalSetup: ['test/world/global-setup.ts'],
    pool: 'forks',
    // Half of their time most of these files wait for processes: three keep two cores busy.
    maxWorkers: 3,
    hookTimeout: 90_000,
  },
})
