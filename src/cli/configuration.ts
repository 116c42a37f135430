/**
 * Configuration for a command: read it, or tell every problem and leave with 78 (EX_CONFIG).
 *
 * Invariant: nothing has been started when a problem is told.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { PipelineFile } from '../app/policies.ts'
import { readApiTokens } from '../config/api-tokens.ts'
import { type Config, readEnvironment } from '../config/environment.ts'
import { readPolicies } from '../config/file.ts'
import type { Token } from '../http/identity.ts'
import { makeSample, type Place, type Sample } from '../playground/sample.ts'
import type { Reread } from '../policy-watch.ts'

const EX_CONFIG = 78

/** The environment's configuration; leaves the process when it is wrong. */
export function configOrExit(): Config {
  const read = readEnvironment(process.env)
  if (read.ok) return read.config
  leave(read.problems.map(({ variable, message }) => `${variable} ${message}`))
}

/** The same for a command that reads the pipeline file too: what is wrong in both is told at once. */
export function wholeConfigOrExit(): Config {
  const read = readEnvironment(process.env)
  if (read.ok) return read.config
  const { SIGNALBOX_CONFIG: named } = process.env
  const path = resolve(named?.trim() || 'signalbox.yml')
  const isLeftOut = named === undefined && !existsSync(path)
  const file = isLeftOut ? null : readFile(path, namesOfTokens(process.env))
  leave([
    ...read.problems.map(({ variable, message }) => `${variable} ${message}`),
    ...(file === null || file.ok ? [] : file.problems),
  ])
}

/** Whom a pipeline file may name as a machine; null: the tokens cannot be read, and it is not blamed. */
export function namesOfTokens({
  SIGNALBOX_API_TOKENS: given,
}: NodeJS.ProcessEnv): readonly string[] | null {
  const { tokens, problems } = readApiTokens(given)
  return problems.length > 0 ? null : tokens.map(({ name }) => name)
}

export interface Configuration {
  readonly file: PipelineFile
  /** The same file, read once more. */
  readonly reread: Reread
  /** The sample's tokens; none with a configuration of one's own. */
  readonly tokens: readonly Token[]
  /** The sample, when there is no configuration file. */
  readonly sample: Sample | null
}

/** Whether no configuration file was named, and none is there. */
export const usesSample = (config: Config): boolean =>
  process.env['SIGNALBOX_CONFIG'] === undefined && !existsSync(config.configFile)

/** The pipeline file, or the sample; `place`: where this process is about to serve it. */
export function policiesOrExit(config: Config, place: Place | null): Configuration {
  const sample = usesSample(config) ? makeSample(config.home, place) : null
  const path = sample?.file ?? config.configFile
  const tokens = sample?.tokens ?? []
  const tokenNames = [...config.apiTokens, ...tokens].map(({ name }) => name)
  const reread = (): ReturnType<Reread> => readFile(path, tokenNames)
  const read = reread()
  if (!read.ok) leave(read.problems)
  return { file: read.file, reread, tokens, sample }
}

/** A pipeline file, or everything that is wrong with it. */
export function readFile(path: string, tokenNames: readonly string[] | null): ReturnType<Reread> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (fault) {
    const why = codeOf(fault)
    const problem = `the configuration file ${path} cannot be read (${why}): set SIGNALBOX_CONFIG`
    return { ok: false, problems: [problem] }
  }
  const read = readPolicies(text, { tokenNames })
  if (read.ok) return { ok: true, file: { path, ...read } }
  return {
    ok: false,
    problems: read.problems.map(({ line, message }) => `${path}:${line} ${message}`),
  }
}

/** A file that somebody named; leaves when it cannot be read. */
export function textOrExit(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (fault) {
    leave([`${path} cannot be read (${codeOf(fault)})`])
  }
}

const codeOf = (fault: unknown): string =>
  fault instanceof Error && 'code' in fault ? String(fault.code) : String(fault)

export function leave(problems: readonly string[]): never {
  for (const problem of problems) console.error(`signalbox: ${problem}`)
  process.exit(EX_CONFIG)
}
