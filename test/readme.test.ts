/** README's promises that a machine can check. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const readme = readFileSync('README.md', 'utf8')

test('names every command that the CLI has, and no other', () => {
  const help = execFileSync(process.execPath, ['dist/cli.js', '--help'], { encoding: 'utf8' })
  const commands = [...help.matchAll(/^ {2}([a-z-]+)(?: |$)/gm)].map(([, name]) => name ?? '')
  const table = readme.slice(readme.indexOf('## The commands'), readme.indexOf('The HTTP API'))
  for (const name of commands.filter((one) => one !== 'help')) expect(table).toContain(`\`${name}`)
  const told = [...table.matchAll(/`([a-z][a-z-]+)(?: [a-z]+)?`/g)].map(([, name]) => name ?? '')
  expect(told.filter((name) => !commands.includes(name))).toEqual([])
})
