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
    only('runs-know-core', '^src/runs/', '^src/(core|runs)/'),
    only('app-knows-parts', '^src/app/', '^src/(app|core|db|runs)/'),
    only('http-knows-app', '^src/http/', '^src/(http|app|core|db|runs/protocol)'),
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { dependencyTypes: ['core', 'npm'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'pg-only-in-db',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/db/' },
      to: { path: 'node_modules/pg/' },
    },
    {
      name: 'nobody-knows-the-playground',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(playground/|serve\\.ts$|cli/|cli\\.ts$)' },
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
