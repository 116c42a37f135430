/** Who may import whom: the table of README's code map, enforced. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
})

module.exports = {
  forbidden: [
    only('core-imports-nothing', '^src/core/', '^src/core/'),
    only('config-knows-core', '^src/config/', '^src/(core|config)/'),
    only('db-knows-core', '^src/db/', '^src/(core|db)/'),
    only('queue-knows-nobody', '^src/queue/', '^src/queue/'),
    only('git-knows-core', '^src/git/', '^src/(core|git)/'),
    only('runs-know-core', '^src/runs/', '^src/(core|runs|git)/'),
    only('slack-knows-core', '^src/slack/', '^src/(core|slack)/'),
    only('github-knows-core', '^src/github/', '^src/(core|github)/'),
    only('verify-knows-core', '^src/verify/', '^src/(core|verify)/|^src/config/addresses'),
    only('app-knows-parts', '^src/app/', '^src/(app|core|db|github|runs|slack|verify)/'),
    only('http-knows-app', '^src/http/', '^src/(http|app|core|db|github|slack|runs/protocol)'),
    only('views-are-pure', '^src/slack/(views|words)/', '^src/(core/|slack/(views/|words/|scene))'),
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { dependencyTypes: ['core', 'npm'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'pg-only-in-db',
      severity: 'error',
      // The playground moves the clock of its own database, which the bot must not know.
      from: { path: '^src/', pathNot: '^src/(db/|playground/town/clock)' },
      to: { path: 'node_modules/pg/' },
    },
    {
      name: 'bullmq-only-in-queue',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/queue/' },
      to: { path: 'node_modules/(bullmq|ioredis)/' },
    },
    {
      name: 'octokit-only-in-github',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/github/' },
      to: { path: 'node_modules/@octokit/' },
    },
    {
      name: 'slack-only-in-slack',
      severity: 'error',
      // The playground is Slack's other side: it only speaks of its types.
      from: { path: '^src/', pathNot: '^src/(slack|playground)/' },
      to: { path: 'node_modules/@slack/' },
    },
    {
      name: 'playground-is-known-by-those-who-start-it',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: '^src/(playground|cli)/' },
      to: { path: '^src/playground/' },
    },
    { name: 'no-cycles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
}
