import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { type CredentialProvider, SecretSyncError, Sensitive, systemClock } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import { beforeEach, describe, expect, it } from 'vitest'
import { SilentEndpoints } from '../../push/limits/silent-endpoints.ts'
import { PushSession, type PushSessionOptions } from './push-session.ts'

const KEY = { id: 'LTAI5tPush', secret: 'push' }
const QUOTA = { account: KEY.id, region: 'cn-hangzhou' }
const { signal } = new AbortController()
const keyProvider = (secret: string, id: string = KEY.id): CredentialProvider =>
  accessKeyProvider({ accessKeyId: id, accessKeySecret: new Sensitive(secret) })

type Simulator = Awaited<ReturnType<typeof startSimulator>>

class Fixture {
  readonly #simulator: Simulator
  readonly clock = new ManualClock(Date.now())
  readonly silent = new SilentEndpoints(this.clock)
  readonly taken: unknown[] = []
  provider = keyProvider(KEY.secret)
  /** What the store refuses writes with. */
  refusal: SecretSyncError | undefined
  readonly quota: PushSessionOptions['quota'] = {
    take: async (of: object, request: object) => void this.taken.push({ ...of, ...request }),
    throttled: (throttled: object) => void this.taken.push({ throttled }),
    repeated: (_of: object, repeated: string) => void this.taken.push({ repeated }),
  }

  constructor(simulator: Simulator) {
    this.#simulator = simulator
  }

  open(more: Partial<PushSessionOptions> = {}): PushSession {
    const pushTarget: PushSessionOptions['stores']['pushTarget'] = () => {
      if (this.refusal) throw this.refusal
      return { endpoint: new URL(this.#simulator.kms).host, provider: this.provider, quota: QUOTA }
    }
    const { quota, silent } = this
    return new PushSession({
      stores: { pushTarget },
      quota,
      silent,
      clock: systemClock,
      signal,
      timeoutMs: 10_000,
      ...more,
    })
  }

  observe(session: PushSession, secret: string): Promise<unknown> {
    return session.clientFor({ namespace: 'shop', ref: { name: 'kms' }, secret }).observe(secret, { signal })
  }

  control(method: string, path: string, body?: object): Promise<unknown> {
    return simulatorControl(this.#simulator.control)(method, path, body)
  }

  async calls(): Promise<number> {
    return ((await this.control('GET', '/calls')) as { total: number }).total
  }
}

const TWO_CALLS = { ...QUOTA, namespace: 'shop', calls: 2 }

describe('a session of pushes', () => {
  let push: Fixture

  const simulator = useFixture(() =>
    startSimulator({
      seed: { accessKeys: [{ ...KEY, allow: [{ actions: ['kms:*'], resources: ['*'] }] }], secrets: [] },
    }),
  )
  useTrusted(() => simulator.caPem)
  beforeEach(async () => {
    push = new Fixture(simulator)
    await push.control('DELETE', '/faults')
    await push.control('DELETE', '/calls')
  })

  it('uses the quota for each call, and neither calls an endpoint that did not respond nor uses its quota', async () => {
    await push.control('POST', '/faults', { fault: 'slow', ms: 60_000 })
    await using session = push.open({ timeoutMs: 500 })
    await expect(push.observe(session, 'one')).rejects.toMatchObject({ code: 'Timeout' })
    await push.control('DELETE', '/faults')
    await push.control('DELETE', '/calls')
    await using another = push.open()
    for (const run of [session, another]) {
      // oxlint-disable-next-line no-await-in-loop -- in order
      await expect(push.observe(run, 'two')).rejects.toMatchObject({
        code: 'Timeout',
        message: expect.stringMatching(
          /^127\.0\.0\.1:\d+ did not respond to the previous call; trying again later$/,
        ) as string,
      })
    }
    expect([await push.calls(), push.taken]).toEqual([0, [TWO_CALLS]])
    await push.clock.advance(5_000)
    expect(await push.observe(another, 'two')).toBeUndefined()
    expect(push.taken).toEqual([TWO_CALLS, TWO_CALLS])
  })

  it('reports a throttled call, and counts each repeated one for the namespace', async () => {
    await using session = push.open()
    await push.control('POST', '/faults', { fault: 'throttle', match: {} })
    await expect(push.observe(session, 'one')).rejects.toMatchObject({ code: 'Throttled' })
    const throttled = { throttled: QUOTA }
    const repeated = [{ repeated: 'shop' }, throttled]
    expect([await push.calls(), push.taken]).toEqual([3, [TWO_CALLS, ...repeated, ...repeated, throttled]])
  })

  it('uses no quota for an identity without a credential', async () => {
    push.provider = {
      ...keyProvider(KEY.secret),
      credential: () => Promise.reject(new SecretSyncError('Unauthenticated', 'the token has expired')),
    }
    await using session = push.open()
    await expect(push.observe(session, 'one')).rejects.toThrow('the token has expired')
    expect([await push.calls(), push.taken]).toEqual([0, []])
  })

  it('does not try an identity again in a run that has refused it', async () => {
    push.provider = keyProvider('wrong')
    await using session = push.open()
    await expect(push.observe(session, 'one')).rejects.toMatchObject({ code: 'Unauthenticated' })
    const calls = await push.calls()
    await expect(push.observe(session, 'two')).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: `AccessKey ${KEY.id} was refused for another KMS secret of this PushSecret, so it is not tried for this one`,
    })
    expect([await push.calls(), push.taken]).toEqual([calls, [TWO_CALLS]])
    await using later = push.open()
    await expect(push.observe(later, 'two')).rejects.not.toThrow('another KMS secret')
  })

  it.each([
    ['no longer allows the secret', 'StoreNotAllowed'],
    ['has another identity', 'Cancelled'],
  ])('calls nothing once the store %s, also while it waited for the quota', async (_what, code) => {
    await using session = push.open({
      quota: {
        ...push.quota,
        take: async () => {
          if (code === 'Cancelled') push.provider = keyProvider('other', 'LTAI5tOther')
          else push.refusal = new SecretSyncError('StoreNotAllowed', 'allows nothing')
        },
      },
    })
    await expect(push.observe(session, 'one')).rejects.toMatchObject({ code })
    expect(await push.calls()).toBe(0)
  })

  it('waits for the quota outside the deadlines of the run and of the call', async () => {
    const { clock } = push
    const waits: number[] = []
    await using session = push.open({
      clock,
      timeoutMs: 1_000,
      quota: { ...push.quota, take: () => clock.advance(1_001) },
      waiting: async (wait) => {
        const sinceMs = clock.monotonic()
        const result = await wait()
        waits.push(clock.monotonic() - sinceMs)
        return result
      },
    })
    expect(await push.observe(session, 'one')).toBeUndefined()
    expect(waits).toEqual([1_001])
  })
})
