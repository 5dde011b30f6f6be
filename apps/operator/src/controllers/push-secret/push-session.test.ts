import tls from 'node:tls'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { Sensitive } from '@ack-secret-manager/core'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { expect, it } from 'vitest'
import { PushSession } from './push-session.ts'

const KEY = { id: 'LTAI5tPush', secret: 'push' }

it('does not wait for an endpoint again that did not respond, in this run only', async () => {
  await using simulator = await startSimulator({
    seed: { accessKeys: [{ ...KEY, allow: [{ actions: ['kms:*'], resources: ['*'] }] }], secrets: [] },
  })
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), simulator.caPem])
  const control = simulatorControl(simulator.control)
  const provider = accessKeyProvider({ accessKeyId: KEY.id, accessKeySecret: new Sensitive(KEY.secret) })
  const stores = { pushTarget: () => ({ endpoint: new URL(simulator.kms).host, provider }) }
  const { signal } = new AbortController()
  const observe = (session: PushSession, secret: string): Promise<unknown> =>
    session.clientFor({ namespace: 'shop', ref: { name: 'kms' }, secret }).observe(secret, { signal })

  await control('POST', '/faults', { fault: 'slow', ms: 60_000 })
  await using session = new PushSession(stores, 500)
  await expect(observe(session, 'one')).rejects.toMatchObject({ code: 'Timeout' })
  await control('DELETE', '/faults')
  await control('DELETE', '/calls')
  await expect(observe(session, 'two')).rejects.toMatchObject({
    code: 'Timeout',
    message: expect.stringMatching(
      /^127\.0\.0\.1:\d+ did not respond to the call before; trying again later$/,
    ) as string,
  })
  expect(await control('GET', '/calls')).toMatchObject({ total: 0 })

  await using later = new PushSession(stores, 10_000)
  expect(await observe(later, 'two')).toBeUndefined()
})
