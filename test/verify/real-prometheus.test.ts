/**
 * What a real Prometheus (2.42) answers, word for word, and what is made of it.
 * https://prometheus.io/docs/prometheus/latest/querying/api/
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Look } from '../../src/core/finding.ts'
import { lookAtBoth } from '../../src/verify/comparison-look.ts'
import { lookAtMetrics } from '../../src/verify/prometheus-look.ts'
import { sha } from '../world/policy.ts'

const JSON_TYPE = 'application/json'
const TEXT_TYPE = 'text/plain; charset=utf-8'

type Said = readonly [status: number, type: string, body: string]

const ok = (data: string, more = ''): Said => [
  200,
  JSON_TYPE,
  `{"status":"success","data":${data}${more}}`,
]

/** While it reads its log back after a start; nothing listens before that. */
const STARTING: Said = [503, TEXT_TYPE, 'Service Unavailable']

/** Without the password that its `basic_auth_users` ask for. */
const UNAUTHORIZED: Said = [401, TEXT_TYPE, 'Unauthorized\n']

const UNREADABLE: Said = [
  400,
  JSON_TYPE,
  '{"status":"error","errorType":"bad_data","error":"invalid parameter \\"query\\": 1:22: parse error: unclosed left parenthesis"}',
]

const AMBIGUOUS: Said = [
  422,
  JSON_TYPE,
  '{"status":"error","errorType":"execution","error":"found duplicate series for the match group {} on the right hand-side of the operation: [{__name__=\\"g\\", i=\\"2\\", instance=\\"127.0.0.1:4391\\", job=\\"t\\"}, {__name__=\\"g\\", i=\\"1\\", instance=\\"127.0.0.1:4391\\", job=\\"t\\"}];many-to-many matching not allowed: matching labels must be unique on one side"}',
]

const TOO_FINE: Said = [
  400,
  JSON_TYPE,
  '{"status":"error","errorType":"bad_data","error":"exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"}',
]

/** A part of its data lies with another server, which is away: it answers with the rest. */
const PARTIAL =
  ',"warnings":["remote_read: error sending request: Post \\"http://127.0.0.1:1/read\\": dial tcp 127.0.0.1:1: connect: connection refused"]'

/** As versions from 2.50 to 2.52 remark on a query that is answered in full. */
const REMARK =
  ',"warnings":["PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \\"g\\" (1:6)"]'

const VECTOR =
  '{"resultType":"vector","result":[{"metric":{"__name__":"g","i":"1","instance":"127.0.0.1:4391","job":"t"},"value":[1795296258.933,"0.5"]}]}'

/** Two series, one of which says that it is no number. */
const HALF =
  '{"resultType":"vector","result":[{"metric":{"__name__":"g","i":"1","instance":"127.0.0.1:4391","job":"t"},"value":[1795296258.933,"0.5"]},{"metric":{"__name__":"g","i":"2","instance":"127.0.0.1:4391","job":"t"},"value":[1795296258.933,"NaN"]}]}'

const MATRIX =
  '{"resultType":"matrix","result":[{"metric":{"__name__":"g","i":"1","instance":"127.0.0.1:4391","job":"t"},"values":[[1795296256.041,"0.5"],[1795296257.041,"0.5"],[1795296258.041,"0.5"],[1795296259.041,"0.5"]]}]}'

const UNTIL = 1_795_296_259_041

let said: Said
let server: Server
let url: string

beforeEach(async () => {
  server = createServer((_, response) => {
    const [status, type, body] = said
    response.writeHead(status, { 'content-type': type }).end(body)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => new Promise((closed) => server.close(closed)))

const place = { pipeline: 'api', environment: 'production' }
const { signal } = new AbortController()
const pace = { everyMs: 1_000, timeoutMs: 5_000, times: 1, withinMs: 0 }

function verified(what: Said): Promise<Look> {
  said = what
  return lookAtMetrics(
    { kind: 'prometheus', name: 'errors', url, query: 'g', min: null, max: 1, ...pace },
    { subject: { ...place, sha: sha('new') }, signal },
  )
}

function compared(what: Said): Promise<Look> {
  said = what
  return lookAtBoth(
    {
      kind: 'comparison',
      name: 'errors',
      url,
      query: 'g{release="{{release}}"}',
      better: 'lower',
      test: 'mann-whitney',
      fail: 0.01,
      pass: 0.05,
      samples: 4,
      by: 0.1,
      ...pace,
    },
    {
      comparison: {
        fresh: sha('new'),
        old: sha('old'),
        minutes: { from: UNTIL - 3_000, until: UNTIL },
        earlier: null,
        worseBelow: 0.01,
      },
      place,
      signal,
    },
  )
}

const SILENT: readonly (readonly [string, Said, string])[] = [
  ['starts', STARTING, 'the metrics server answers 503'],
  ['wants a password', UNAUTHORIZED, 'the metrics server answers 401'],
  [
    'cannot read the query',
    UNREADABLE,
    'the metrics server answers 400: invalid parameter "query": 1:22: parse error: unclosed left parenthesis',
  ],
  [
    'cannot answer it',
    AMBIGUOUS,
    'the metrics server answers 422: found duplicate series for the match group {} on the right hand-side of the operation: [{__name__="g", i="2", instance="127.0.0.1:4391", job="t"}, {_',
  ],
  ['is asked too finely', TOO_FINE, 'the metrics server answers 400: exceeded maximum resolution'],
]

describe('Prometheus that', () => {
  it.each(SILENT)('%s says nothing of a release, and why', async (_, what, says) => {
    const found = { outcome: 'inconclusive', says: expect.stringContaining(says) }
    expect(await verified(what)).toMatchObject(found)
    expect(await compared(what)).toMatchObject(found)
  })

  it('answers with a part of its data says nothing, however well that part is', async () => {
    const found = {
      outcome: 'inconclusive',
      says: expect.stringMatching(/^the metrics server warns: remote_read: error sending request/),
    }
    expect(await verified(ok(VECTOR, PARTIAL))).toMatchObject(found)
    expect(await compared(ok(MATRIX, PARTIAL))).toMatchObject(found)
  })

  it('merely remarks on the query has answered', async () => {
    expect(await verified(ok(VECTOR, REMARK))).toMatchObject({ outcome: 'pass' })
    expect(await compared(ok(MATRIX, REMARK))).toMatchObject({ outcome: 'pass' })
  })

  it('has numbers is believed', async () => {
    expect(await verified(ok(VECTOR))).toMatchObject({ outcome: 'pass', says: '0.5 (at most 1)' })
    expect(await compared(ok(MATRIX))).toMatchObject({ outcome: 'pass' })
  })

  it.each([
    ['no series', '{"resultType":"vector","result":[]}', 'no data'],
    [
      '0/0',
      '{"resultType":"vector","result":[{"metric":{},"value":[1795296258.975,"NaN"]}]}',
      'not a number',
    ],
    ['one series of two', HALF, 'not a number'],
    ['a scalar 0/0', '{"resultType":"scalar","result":[1795296258.97,"NaN"]}', 'not a number'],
    ['1/0', '{"resultType":"scalar","result":[1795296258.98,"+Inf"]}', 'not a number'],
    [
      'a text',
      '{"resultType":"string","result":[1795296259.005,"text"]}',
      'the metrics server answers in no known form',
    ],
    ['a range', MATRIX, 'the metrics server answers in no known form'],
  ])('has %s where a number is asked for says nothing', async (_, data, says) => {
    expect(await verified(ok(data))).toMatchObject({ outcome: 'inconclusive', says })
  })

  it.each([
    ['no series', '{"resultType":"matrix","result":[]}', '0 of at least 4 numbers'],
    [
      '0/0',
      '{"resultType":"matrix","result":[{"metric":{},"values":[[1795296257.043,"NaN"],[1795296258.043,"NaN"],[1795296259.043,"NaN"]]}]}',
      '0 of at least 4 numbers',
    ],
    [
      '1/0',
      '{"resultType":"matrix","result":[{"metric":{},"values":[[1795296257.044,"+Inf"],[1795296258.044,"+Inf"],[1795296259.044,"+Inf"]]}]}',
      'a number that is not finite',
    ],
    ['one moment', VECTOR, 'the metrics server answers in no known form'],
  ])('has %s where numbers are compared says nothing', async (_, data, says) => {
    expect(await compared(ok(data))).toMatchObject({
      outcome: 'inconclusive',
      says: expect.stringContaining(says),
    })
  })
})
