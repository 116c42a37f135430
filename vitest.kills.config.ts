import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/kills/*.kills.ts'],
    globalSetup: ['test/world/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    hookTimeout: 90_000,
  },
})
