import { on } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { canary } from '@ack-secret-manager/test-support/canary'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { beforeEach, describe, expect, it } from 'vitest'
import type { SecretClient } from './secret-client.ts'
import type { SecretVersion } from './secret-version.ts'
import { startTestKms } from './testing/kms.ts'

const NAME = 'shop/db'
const [FIRST, SECOND, THIRD] = [canary('connection-1'), canary('connection-2'), canary('connection-3')]
const REJECTED = Object.assign(new Error('rejected'), { code: '28P01' })
const NEVER = new Promise<never>(() => undefined)

const kms = useFixture(() => startTestKms({ secrets: [{ name: NAME, versions: [{ id: 'v0', data: 'x' }] }] }))
beforeEach(() => kms.put(NAME, FIRST))

/** A resource that remembers whether it is closed. */
class Resource {
  isClosed = false
  readonly version: SecretVersion

  constructor(version: SecretVersion) {
    this.version = version
  }

  close(): void {
    this.isClosed = true
  }
}

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await pause(10)
}

/** Resolves when the process warns so. Other code of this worker may warn as well, but never with a value. */
async function warned(message: string): Promise<void> {
  for await (const [warning] of on(process, 'warning') as AsyncIterable<[Error]>) {
    expect(warning.message).not.toContain(FIRST)
    if (warning.message === message) return
  }
}

describe('a callback that throws', () => {
  const message = `the value ${FIRST}`

  const fail = (): never => {
    throw new TypeError(message)
  }

  it.each<[what: string, onError: () => unknown]>([
    ['onError', fail],
    ['onError, asynchronously', () => Promise.reject(new TypeError(message))],
  ])('%s: the connection still follows the secret', async (_what, onError) => {
    await using client = kms.client({ refreshIntervalMs: 100 })
    const open = (version: SecretVersion): Resource => {
      if (version.text() === SECOND) throw new Error('not this one')
      return new Resource(version)
    }
    await using db = await client.connect(NAME, open, { onError })
    const warning = warned('onError has thrown (TypeError): the secret client goes on')
    await kms.put(NAME, SECOND)
    await warning
    await kms.put(NAME, THIRD)
    await until(() => db.version.text() === THIRD)
  })

  it('isAuthenticationError: use throws the error of the work', async () => {
    await using client = kms.client()
    const lost = new Error('the connection is lost')
    await using db = await client.connect(NAME, (version) => new Resource(version), { isAuthenticationError: fail })
    const warning = warned('isAuthenticationError has thrown (TypeError): the secret client goes on')
    await expect(db.use(() => Promise.reject(lost))).rejects.toBe(lost)
    await warning
  })

  it('onRead: the read succeeds', async () => {
    await using client = kms.client({ onRead: fail })
    const warning = warned('onRead has thrown (TypeError): the secret client goes on')
    expect(await client.text(NAME)).toBe(FIRST)
    await warning
  })
})

describe('open', () => {
  it('has a deadline, and its late resource is closed', async () => {
    await using client = kms.client()
    const late = Promise.withResolvers<Resource>()
    let given: AbortSignal | undefined
    const open = async (_version: SecretVersion, { signal }: { signal: AbortSignal }): Promise<Resource> => {
      given = signal
      return late.promise
    }
    const { versionId } = await client.read(NAME)
    await expect(client.connect(NAME, open, { openTimeoutMs: 50 })).rejects.toMatchObject({
      code: 'Timeout',
      message: `opening a resource with secret ${NAME}, version ${versionId}: no response within 50 ms`,
    })
    expect(given?.aborted).toBe(true)
    const resource = new Resource(await client.read(NAME))
    late.resolve(resource)
    await until(() => resource.isClosed)
  })

  it.each<[what: string, cancel: (client: SecretClient, signal: AbortController) => unknown]>([
    ['its signal aborts', (_client, signal) => signal.abort()],
    ['the client is closed', (client) => client.close()],
  ])('is cancelled when %s, and a resource that it still opens is closed', async (_what, cancel) => {
    await using client = kms.client()
    const late = Promise.withResolvers<Resource>()
    const started = Promise.withResolvers<AbortSignal>()
    const open = (_version: SecretVersion, { signal }: { signal: AbortSignal }): Promise<Resource> => {
      started.resolve(signal)
      return late.promise
    }
    const version = await client.read(NAME)
    const caller = new AbortController()
    const connecting = client.connect(NAME, open, { drainMs: 50, signal: caller.signal })
    connecting.catch(() => undefined)
    const opening = await started.promise
    await cancel(client, caller)
    await expect(connecting).rejects.toMatchObject({ code: 'Cancelled' })
    expect(opening.aborted).toBe(true)
    const resource = new Resource(version)
    late.resolve(resource)
    await until(() => resource.isClosed)
  })

  it('is not called after its signal aborts', async () => {
    await using client = kms.client()
    const versions: SecretVersion[] = []
    await client.read(NAME)
    const open = (version: SecretVersion): void => void versions.push(version)
    await expect(client.connect(NAME, open, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'Cancelled',
    })
    expect(versions).toEqual([])
  })

  it('does not keep use waiting when it hangs', async () => {
    await using client = kms.client()
    const open = (version: SecretVersion): Resource | Promise<Resource> =>
      version.text() === FIRST ? new Resource(version) : NEVER
    await using db = await client.connect(NAME, open, { openTimeoutMs: 50, drainMs: 50 })
    await kms.put(NAME, SECOND)
    await expect(db.use(() => Promise.reject(REJECTED))).rejects.toMatchObject({ code: 'Timeout' })
  })

  it('does not keep close waiting when it hangs, and a resource that it still opens is closed', async () => {
    await using client = kms.client({ refreshIntervalMs: 100 })
    const late = Promise.withResolvers<Resource>()
    const started = Promise.withResolvers<AbortSignal>()
    const open = (version: SecretVersion, { signal }: { signal: AbortSignal }): Resource | Promise<Resource> => {
      if (version.text() === FIRST) return new Resource(version)
      started.resolve(signal)
      return late.promise
    }
    const db = await client.connect(NAME, open, { drainMs: 50 })
    const first = db.current
    await kms.put(NAME, SECOND)
    const signal = await started.promise
    await db.close()
    expect([first.isClosed, signal.aborted]).toEqual([true, true])
    const resource = new Resource(first.version)
    late.resolve(resource)
    await until(() => resource.isClosed)
  })
})

it('forgets rejections of a version that is replaced', async () => {
  await using client = kms.client({ refreshIntervalMs: 1_000, random: () => 0.9 })
  await using db = await client.connect(NAME, (version) => new Resource(version), { rotationWindowMs: 1 })
  const useThird = (): Promise<string> =>
    db.use(async ({ version }) => (version.text() === THIRD ? 'accepted' : Promise.reject(REJECTED)))
  await expect(useThird()).rejects.toBe(REJECTED)
  await kms.put(NAME, SECOND)
  await until(() => db.version.text() === SECOND)
  await kms.put(NAME, THIRD)
  expect(await useThird()).toBe('accepted')
})

it('costs one read after each pause while the password stays rejected', async () => {
  await using client = kms.client({ refreshIntervalMs: 600_000, random: () => 0.9 })
  await using db = await client.connect(NAME, (version) => new Resource(version), { rotationWindowMs: 500 })
  const use = (): Promise<unknown> => expect(db.use(() => Promise.reject(REJECTED))).rejects.toBe(REJECTED)
  const before = await kms.reads()
  await use()
  const awaited = await kms.reads()
  expect(awaited).toBeGreaterThan(before + 1)
  while ((await kms.reads()) === awaited) await Promise.all([use(), pause(20)])
  expect(await kms.reads()).toBe(awaited + 1)
})

it('ends with its process although close hangs', async () => {
  const source = `
    import { createSecretClient } from '@ack-secret-manager/client'
    {
      await using kms = createSecretClient()
      await kms.connect('${NAME}', () => ({ close: () => new Promise(() => undefined) }), { drainMs: 50 })
    }
    console.log('ended')
  `
  const env = { ...kms.env, NODE_EXTRA_CA_CERTS: kms.simulator.caFile }
  expect(await readmeExample(import.meta.url).run(env, source)).toBe('ended\n')
})
