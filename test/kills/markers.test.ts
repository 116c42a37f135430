/** The markers of crash points: what the sources say, the build keeps, and the kills use. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { MIGRATIONS, POINTS, pointOf, type Ride, TOURS } from './plan.ts'

const MARKER = /^\/\/! failpoint ([a-z_]+(?:\.[a-z_]+)+)(?: \((.+)\))?$/

const filesIn = (folder: string, extension: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => join(folder, name))

/** The names of a file's markers, each a comment in a list of statements as TypeScript reads it. */
function markersIn(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8')
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
  return [...text.matchAll(/\/\/!.*/g)].map(({ 0: comment, index }) => {
    const name = MARKER.exec(comment)?.[1]
    if (name === undefined) throw new Error(`${file}: "${comment}" is no marker`)
    const around = innermost(tree, index)
    const isList = ts.isBlock(around) || ts.isCaseClause(around) || ts.isSourceFile(around)
    if (!isList) throw new Error(`${file}: ${name} does not stand where a statement may`)
    return name
  })
}

/** The node that a position is in; what stands before a child's first token is not in the child. */
function innermost(node: ts.Node, at: number): ts.Node {
  const child = ts.forEachChild(node, (one) =>
    one.getStart() <= at && at < one.end ? one : undefined,
  )
  return child === undefined ? node : innermost(child, at)
}

const points = Object.keys(POINTS).sort()

test('each point stands once in the sources, before a statement, and is in the plan', () => {
  const files = [...filesIn('src', '.ts')].filter((name) =>
    readFileSync(name, 'utf8').includes('//!'),
  )
  expect(files.flatMap(markersIn).sort()).toEqual(points)
})

test('each point is led through by a ride that kills there', () => {
  const rides = Object.values(TOURS).flatMap((tour) => tour.rides)
  const killed = [
    ...rides.flatMap(({ kills, later = [] }: Ride) => [...kills, ...later]),
    ...MIGRATIONS,
  ].map(pointOf)
  expect([...new Set(killed)].sort()).toEqual(points)
})

test('the build has each point as a comment and nothing that could be armed; the hook finds all', async () => {
  const hook = pathToFileURL(resolve('test/kills/rewrite.mjs')).href
  const { load } = await import(hook)
  const calls: string[] = []
  for (const file of filesIn('dist', '.js')) {
    const source = readFileSync(file)
    expect(source.includes('signalboxFailpoint'), file).toBe(false)
    const loaded = { format: 'module', source }
    const url = pathToFileURL(resolve(file)).href
    const { source: changed } = await load(url, {}, async () => loaded)
    const text = String(changed)
    expect(text.split('\n').length).toBe(source.toString().split('\n').length)
    calls.push(...[...text.matchAll(/signalboxFailpoint\('([^']+)'/g)].map(([, name = '']) => name))
  }
  expect(calls.sort()).toEqual(points)
})
