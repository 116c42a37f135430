/**
 * Configuration for a command: read it, or tell every problem and leave with 78 (EX_CONFIG).
 *
 * Invariant: nothing has been started when a problem is told.
 */
import { existsSync, readFileSync } from 'node:fs'
import { type Config, readEnvironment } from '../config/environment.ts'
import { readPolicies } from '../config/file.ts'
import type { Person, Policy } from '../core/policy.ts'
import type { Token } from '../http/identity.ts'
import { makeSample, type Sample } from '../playground/sample.ts'

const EX_CONFIG = 78

/** The environment's configuration; leaves the process when it is wrong. */
export function configOrExit(): Config {
  const read = readEnvironment(process.env)
  if (read.ok) return read.config
  leave(read.problems.map(({ variable, message }) => `${variable} ${message}`))
}

export interface Configuration {
  readonly people: readonly Person[]
  readonly policies: readonly Policy[]
  /** The sample's tokens; none with a configuration of one's own. */
  readonly tokens: readonly Token[]
  /** The sample, when there is no configuration file. */
  readonly sample: Sample | null
}

/** Whether no configuration file was named, and none is there. */
export const usesSample = (config: Config): boolean =>
  process.env['SIGNALBOX_CONFIG'] === undefined && !existsSync(config.configFile)

/** The pipeline file, or the sample. */
export function policiesOrExit(config: Config): Configuration {
  const sample = usesSample(config) ? makeSample(config.home, config.url) : null
  const path = sample?.file ?? config.configFile
  const tokens = sample?.tokens ?? []
  const tokenNames = [...config.apiTokens, ...tokens].map(({ name }) => name)
  const read = readPolicies(textOrExit(path), { tokenNames })
  if (!read.ok) leave(read.problems.map(({ line, message }) => `${path}:${line} ${message}`))
  return { people: read.people, policies: read.policies, tokens, sample }
}

/** A file's text; leaves the process when it cannot be read. */
export function textOrExit(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (fault) {
    const why = fault instanceof Error && 'code' in fault ? fault.code : String(fault)
    leave([`the configuration file ${path} cannot be read (${why}): set SIGNALBOX_CONFIG`])
  }
}

export function leave(problems: readonly string[]): never {
  for (const problem of problems) console.error(`signalbox: ${problem}`)
  process.exit(EX_CONFIG)
}
