import tls from 'node:tls'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { expect, it } from 'vitest'
import { SilentEndpoints } from '../../push/limits/silent-endpoints.ts'
import { PushSession } from './push-session.ts'

const KEY = { id: 'LTAI5tPush', secret: 'push' }
const QUOTA = { account: KEY.id, region: 'cn-hangzhou' }

it('takes the quota for each call, and does not wait for an endpoint again that did not respond', async () => {
  await using simulator = await startSimulator({
    seed: { accessKeys: [{ ...KEY, allow: [{ actions: ['kms:*'], resources: ['*'] }] }], secrets: [] },
  })
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), simulator.caPem])
  const control = simulatorControl(simulator.control)
  const provider = accessKeyProvider({ accessKeyId: KEY.id, accessKeySecret: new Sensitive(KEY.secret) })
  const stores = { pushTarget: () => ({ endpoint: new URL(simulator.kms).host, provider, quota: QUOTA }) }
  const clock = new ManualClock(0)
  const silent = new SilentEndpoints(clock)
  const taken: unknown[] = []
  const quota = {
    take: async (of: object, request: object) => void taken.push({ ...of, ...request }),
    throttled: (of: object) => void taken.push({ throttled: of }),
  }
  const { signal } = new AbortController()
  const open = (timeoutMs: number): PushSession => new PushSession({ stores, quota, silent, signal, timeoutMs })
  const observe = (session: PushSession, secret: string): Promise<unknown> =>
    session.clientFor({ namespace: 'shop', ref: { name: 'kms' }, secret }).observe(secret, { signal })

  await control('POST', '/faults', { fault: 'slow', ms: 60_000 })
  await using session = open(500)
  await expect(observe(session, 'one')).rejects.toMatchObject({ code: 'Timeout' })
  await control('DELETE', '/faults')
  await control('DELETE', '/calls')
  await using another = open(10_000)
  for (const run of [session, another]) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    await expect(observe(run, 'two')).rejects.toMatchObject({
      code: 'Timeout',
      message: expect.stringMatching(
        /^127\.0\.0\.1:\d+ did not respond to the call before; trying again later$/,
      ) as string,
    })
  }
  expect(await control('GET', '/calls')).toMatchObject({ total: 0 })
  expect(taken).toEqual(Array.from({ length: 3 }, () => ({ ...QUOTA, namespace: 'shop', calls: 2 })))

  await clock.advance(5_000)
  expect(await observe(another, 'two')).toBeUndefined()

  await control('POST', '/faults', { fault: 'throttle', match: {} })
  await expect(observe(another, 'two')).rejects.toMatchObject({ code: 'Throttled' })
  expect(taken.at(-1)).toEqual({ throttled: QUOTA })
})
