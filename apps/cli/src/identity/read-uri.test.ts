import { type CredentialProvider, SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { json, startTestServer } from '@ack-secret-manager/test-support/test-server'
import { expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { CANARY, run } from '../testing/run.ts'
import { readUri } from './read-uri.ts'

const description = 'environment (credentials URI at http://127.0.0.1:7)'
const AWAY = new SecretSyncError('Unavailable', `${description}: away`)
const REFUSED = new SecretSyncError('Unauthenticated', `${description}: refused`)
const ADVICE = '3 attempts failed: check the service at this address'

type Answer = (signal: AbortSignal) => Promise<unknown>
const fails: Answer = () => Promise.reject(AWAY)
const hangs: Answer = () => new Promise(() => undefined)

it.each<[rule: string, answers: readonly Answer[], end: unknown, reads: number, tookMs: number]>([
  ['gives up after the third attempt', [fails, fails, fails], `${AWAY.message}; ${ADVICE}`, 3, 3_000],
  ['reads it again after a failure', [fails, () => Promise.resolve({})], undefined, 2, 1_000],
  ['does not repeat a refusal', [() => Promise.reject(REFUSED)], REFUSED.message, 1, 0],
  ['ends at the time limit', [hangs], `${description}: no response within 30 s`, 1, 30_000],
  ['names the failure before an attempt that the limit ends', [fails, hangs], AWAY.message, 2, 30_000],
])('%s', async (_rule, answers, end, reads, tookMs) => {
  const clock = new ManualClock()
  const startMs = clock.monotonic()
  let count = 0
  const identity = {
    identity: { description },
    credential: ({ signal }: { signal: AbortSignal }) =>
      answers[count++]?.(signal) ?? Promise.reject(new Error('one read too many')),
  } as unknown as CredentialProvider
  let endMs: number | undefined
  const { signal } = new AbortController()
  const ended = readUri(
    { identity, isFromUri: true, close: () => Promise.resolve() },
    { flags: { timeout: 30_000 }, signal, clock },
  )
    .catch((error: Error) => error.message)
    .finally(() => (endMs = clock.monotonic()))
  for (let ms = 0; ms <= 30_000; ms += 500) await clock.advance(500)
  expect([await ended, count, (endMs ?? NaN) - startMs]).toEqual([end, reads, tookMs])
})

it('get, list and exec say that the credentials URI fails, not KMS', async () => {
  await using server = await startTestServer(json(500, { Code: 'Failed', Message: CANARY }))
  const ALIBABA_CLOUD_CREDENTIALS_URI = `http://${server.endpoint}/${CANARY}`
  const env = { ALIBABA_CLOUD_CREDENTIALS_URI, HOME: await folderWith({}), PATH: process.env['PATH'] ?? '' }
  const kms = ['--endpoint', '127.0.0.1:1', '--region', 'cn-hangzhou']
  const calls = [
    ['get', 'app/db', ...kms],
    ['list', ...kms],
    ['exec', '--get', 'A=app/db', ...kms, '--', 'true'],
  ]
  const ends = await Promise.all(calls.map((argv) => run(argv, { env })))
  const said = `environment (credentials URI at http://${server.endpoint})`
  const why = `${said}: the service reports an internal error (Failed, HTTP 500); ${ADVICE}`
  for (const { code, out, err } of ends) {
    expect([code, out, err]).toEqual([1, '', `acksm: using ${said}, region cn-hangzhou\nacksm: ${why}\n`])
  }
  expect(server.seen).toHaveLength(3 * calls.length)
})
