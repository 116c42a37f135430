// Makes a fresh clone ready: installs when the lock file is newer than what is installed, then
// builds. Invariant: running it twice does nothing the second time but a compile of what changed.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Signalbox needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(78)
}

function run(command, args) {
  const done = spawnSync(command, args, { stdio: 'inherit' })
  if (done.status !== 0) process.exit(done.status ?? 1)
}

const stamp = 'node_modules/.package-lock.json'
const fresh = existsSync(stamp) && statSync(stamp).mtimeMs >= statSync('package-lock.json').mtimeMs
// Not `npm ci`: it insists on lock entries for platforms whose binaries a registry may not carry.
const quietly = ['--no-audit', '--no-fund', '--loglevel=error']
if (!fresh) run('npm', ['install', '--no-save', '--include=dev', ...quietly])
// The page runs in a browser: other globals, hence a compile of its own.
for (const project of ['src', 'src/playground/page']) {
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project])
}
