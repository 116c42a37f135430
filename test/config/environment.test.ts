/**
 * The environment is read whole: defaults, every problem at once, and no secret in any message.
 */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readEnvironment } from '../../src/config/environment.ts'

const A = 'a'.repeat(32)
const B = 'b'.repeat(40)

const problemsOf = (env: NodeJS.ProcessEnv) => {
  const read = readEnvironment(env)
  return read.ok ? [] : read.problems
}

const configOf = (env: NodeJS.ProcessEnv) => {
  const read = readEnvironment(env)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.config
}

describe('an environment that says nothing', () => {
  it('is a complete configuration', () => {
    const config = configOf({})
    expect(config).toMatchObject({
      port: 3000,
      host: null,
      url: 'http://localhost:3000',
      databaseUrl: null,
      redisUrl: null,
      apiTokens: [],
      githubToken: null,
      logLevel: 'info',
    })
    expect(config.home).toMatch(/\/\.signalbox$/)
    expect(isAbsolute(config.home)).toBe(true)
    expect(config.configFile).toMatch(/\/signalbox\.yml$/)
  })

  it('takes empty plain variables for unset ones', () => {
    expect(configOf({ PORT: '', HOST: '', LOG_LEVEL: '' })).toEqual(configOf({}))
  })
})

describe('an environment that says everything', () => {
  const env = {
    PORT: '8080',
    HOST: '0.0.0.0',
    SIGNALBOX_URL: 'https://deploy.example.com/box/',
    SIGNALBOX_HOME: '/var/lib/signalbox',
    SIGNALBOX_CONFIG: '/etc/signalbox.yml',
    DATABASE_URL: 'postgresql://u:hunter2@db/signalbox',
    REDIS_URL: 'rediss://:hunter2@redis',
    SIGNALBOX_API_TOKENS: `ci=${A}, ana=${B}==`,
    GITHUB_TOKEN: 'ghp_0123456789abcdef',
    LOG_LEVEL: 'debug',
  }

  it('is read to the letter', () => {
    const config = configOf(env)
    expect(config.url).toBe('https://deploy.example.com/box')
    expect(config.home).toBe('/var/lib/signalbox')
    expect(config.databaseUrl?.reveal()).toBe(env.DATABASE_URL)
    expect(config.redisUrl?.reveal()).toBe(env.REDIS_URL)
    expect(config.githubToken?.reveal()).toBe(env.GITHUB_TOKEN)
    expect(config.apiTokens.map(({ name, secret }) => [name, secret.reveal()])).toEqual([
      ['ci', A],
      ['ana', `${B}==`],
    ])
  })

  it('never leaks when it is logged, inspected or put into a sentence', () => {
    const config = configOf(env)
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: null, showHidden: true }),
      inspect(config, { depth: null, customInspect: false }),
      `${config.databaseUrl} ${config.githubToken}`,
    ].join()
    for (const secret of ['hunter2', A, B, 'ghp_']) expect(shown).not.toContain(secret)
    expect(shown).toContain('[secret]')
  })

  it('cannot be changed afterwards', () => {
    const config = configOf(env)
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.apiTokens)).toBe(true)
    expect(config.apiTokens.every(Object.isFrozen)).toBe(true)
  })
})

describe('a variable that is wrong', () => {
  it.each([
    ['PORT', 'http', 'port number'],
    ['PORT', '65536', 'port number'],
    ['PORT', '-1', 'port number'],
    ['SIGNALBOX_URL', 'ftp://x', 'http(s)'],
    ['SIGNALBOX_URL', 'deploy.example.com', 'http(s)'],
    ['SIGNALBOX_URL', 'https://u:hunter2@example.com', 'without user'],
    ['LOG_LEVEL', 'loud', 'one of fatal'],
    ['DATABASE_URL', '', 'empty'],
    ['DATABASE_URL', 'mysql://u:hunter2@db', 'postgres://'],
    ['REDIS_URL', ' ', 'empty'],
    ['REDIS_URL', 'hunter2', 'redis://'],
    ['GITHUB_TOKEN', '', 'empty'],
    ['GITHUB_TOKEN', 'hunter2', 'at least 16'],
    ['SIGNALBOX_API_TOKENS', '', 'empty'],
    ['SIGNALBOX_API_TOKENS', 'ci=hunter2', 'entry 1 needs a token of at least 32'],
    ['SIGNALBOX_API_TOKENS', `hunter2${A}`, 'entry 1 must be `name=token`'],
    ['SIGNALBOX_API_TOKENS', `hunter2${A}==`, 'entry 1'],
    ['SIGNALBOX_API_TOKENS', `ci=${A},`, 'entry 2'],
    ['SIGNALBOX_API_TOKENS', `ci=${A},ci=${B}`, 'entry 2 has the name of entry 1'],
    ['SIGNALBOX_API_TOKENS', `ci=${A},cd=${A}`, 'entry 2 has the token of entry 1'],
    ['SIGNALBOX_API_TOKENS', `everyone=${A}`, 'rename'],
    ['SIGNALBOX_API_TOKENS', `embedded=${A}`, 'rename'],
    ['SLACK_BOT_TOKEN', 'hunter2', 'bot token'],
    ['SLACK_SIGNING_SECRET', 'hunter2', 'at least 16'],
    ['SLACK_APP_TOKEN', 'hunter2', 'app-level token'],
    ['SLACK_API_URL', 'slack.com', 'http(s) address'],
    ['GITHUB_WEBHOOK_SECRET', '', 'empty'],
    ['GITHUB_WEBHOOK_SECRET', 'hunter2', 'at least 16'],
    ['GITHUB_API_URL', 'https://u:hunter2@ghe.example.com', 'without user'],
  ])('%s=%j is refused with the way out and without its value', (variable, value, message) => {
    const problems = problemsOf({ [variable]: value })
    expect(problems).toContainEqual({ variable, message: expect.stringContaining(message) })
    expect(problems.every((problem) => problem.variable === variable)).toBe(true)
    for (const secret of ['hunter2', A, B]) {
      expect(JSON.stringify(problems)).not.toContain(secret)
    }
  })

  it('does not hide another', () => {
    const problems = problemsOf({
      PORT: 'x',
      LOG_LEVEL: 'x',
      DATABASE_URL: '',
      SIGNALBOX_API_TOKENS: 'a=1,b=2',
      SLACK_BOT_TOKEN: 'x',
    })
    expect(problems.map(({ variable }) => variable)).toEqual([
      'PORT',
      'LOG_LEVEL',
      'DATABASE_URL',
      'SLACK_BOT_TOKEN',
      'SIGNALBOX_API_TOKENS',
      'SIGNALBOX_API_TOKENS',
    ])
  })
})

describe('a GitHub App', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const said = (env: NodeJS.ProcessEnv) => problemsOf(env).map(({ variable }) => variable)

  it('is a number and a key, which may come on one line or in a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-key-'))
    const file = join(folder, 'app.pem')
    writeFileSync(file, key)
    const ways = [
      { GITHUB_PRIVATE_KEY: key },
      { GITHUB_PRIVATE_KEY: key.replaceAll('\n', '\\n') },
      { GITHUB_PRIVATE_KEY_FILE: file },
    ]
    for (const way of ways) {
      const { github } = configOf({ GITHUB_APP_ID: '7', ...way })
      expect(github.app?.id).toBe('7')
      expect(github.app?.privateKey.reveal()).toBe(key)
      expect(JSON.stringify(github)).not.toContain('PRIVATE KEY')
    }
    rmSync(folder, { recursive: true })
  })

  it('is refused by halves, and with a key that cannot sign', () => {
    expect(said({ GITHUB_APP_ID: '7' })).toEqual(['GITHUB_PRIVATE_KEY'])
    expect(said({ GITHUB_PRIVATE_KEY: key })).toEqual(['GITHUB_APP_ID'])
    expect(said({ GITHUB_APP_ID: 'my-app', GITHUB_PRIVATE_KEY: key })).toEqual(['GITHUB_APP_ID'])
    expect(said({ GITHUB_APP_ID: '7', GITHUB_PRIVATE_KEY: 'x' })).toEqual(['GITHUB_PRIVATE_KEY'])
    expect(said({ GITHUB_APP_ID: '7', GITHUB_PRIVATE_KEY_FILE: '/nowhere' })).toEqual([
      'GITHUB_PRIVATE_KEY_FILE',
    ])
    const both = { GITHUB_PRIVATE_KEY: key, GITHUB_PRIVATE_KEY_FILE: '/nowhere' }
    expect(said({ GITHUB_APP_ID: '7', ...both })).toContain('GITHUB_PRIVATE_KEY_FILE')
  })

  it('may be of an Enterprise server', () => {
    const env = { GITHUB_API_URL: 'https://ghe.example.com/api/v3/' }
    expect(configOf(env).github.apiUrl).toBe('https://ghe.example.com/api/v3')
  })

  it.each([
    ['https://api.github.com', 'https://github.com'],
    ['https://ghe.example.com/api/v3', 'https://ghe.example.com'],
    ['https://ghe.example.com:8443/api/v3/', 'https://ghe.example.com:8443'],
    ['https://api.acme.ghe.com', 'https://acme.ghe.com'],
  ])('finds the repositories of the API %s at %s', (GITHUB_API_URL, webUrl) => {
    expect(configOf({ GITHUB_API_URL }).github.webUrl).toBe(webUrl)
  })
})
