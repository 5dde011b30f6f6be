import { inspect } from 'node:util'
import { canary } from '@ack-secret-manager/test-support/canary'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { beforeEach, describe, expect, it } from 'vitest'
import { createSecretClient } from './create-secret-client.ts'
import { KEY, startTestKms } from './testing/kms.ts'

const PASSWORD = canary('password')
const DB = JSON.stringify({ user: 'tom', password: PASSWORD })
const BYTES = Uint8Array.of(0, 255, 128, 10)

const kms = useFixture(() =>
  startTestKms({
    secrets: [
      {
        name: 'shop/db',
        versions: [
          { id: 'v1', stages: ['ACSPrevious'], data: 'old' },
          { id: 'v2', stages: ['ACSCurrent'], data: DB },
        ],
      },
      {
        name: 'shop/key',
        dataType: 'binary',
        versions: [{ id: 'b1', dataBase64: Buffer.from(BYTES).toString('base64') }],
      },
      { name: 'shop/token', versions: [{ id: 't1', data: PASSWORD }] },
    ],
  }),
)
beforeEach(async () => {
  await kms.control('DELETE', '/calls')
  await kms.control('DELETE', '/faults')
})

describe('a client', () => {
  it('returns text, JSON and bytes', async () => {
    await using client = kms.client()
    expect(await client.text('shop/db')).toBe(DB)
    expect(await client.json<{ user: string }>('shop/db')).toEqual({ user: 'tom', password: PASSWORD })
    expect(await client.bytes('shop/key')).toEqual(BYTES)
    expect(await client.text('shop/db', { versionId: 'v1' })).toBe('old')
    expect(await client.text('shop/db', { versionStage: 'ACSPrevious' })).toBe('old')
    expect(await kms.reads()).toBe(4)
  })

  it('reads once for a hundred concurrent callers, and not again for later ones', async () => {
    await using client = kms.client()
    const all = await Promise.all(Array.from({ length: 100 }, () => client.text('shop/db')))
    expect(new Set(all)).toEqual(new Set([DB]))
    expect(await client.text('shop/db')).toBe(DB)
    expect(await kms.reads()).toBe(1)
  })

  it('gives each caller its own bytes', async () => {
    await using client = kms.client()
    const mine = await client.bytes('shop/key')
    mine.fill(7)
    expect(await client.bytes('shop/key')).toEqual(BYTES)
  })

  it('shows who reads', async () => {
    await using client = kms.client()
    expect(client.identity).toEqual({ kind: 'access-key', description: `AccessKey ${KEY.id}` })
    for (const name of ['shop/none', 'x'.repeat(200)]) {
      await expect(client.text(name)).rejects.toThrow(`AccessKey ${KEY.id}`)
    }
  })

  it('shows no value in errors, logs and inspections', async () => {
    await using client = kms.client()
    const version = await client.read('shop/token')
    const errors = await Promise.all([
      client.json('shop/token').catch((error: unknown) => error),
      client.text('shop/key').catch((error: unknown) => error),
    ])
    expect(errors.map(String)).toEqual([
      'SecretSyncError: secret shop/token, version t1: the value is not JSON',
      'SecretSyncError: secret shop/key, version b1: the value is not UTF-8 text: use bytes()',
    ])
    const all: unknown[] = [client, client.status(), version, ...errors]
    const shown = all.flatMap((each) => [
      inspect(each, { depth: null, showHidden: true }),
      JSON.stringify(each),
      `${each instanceof Error ? each.stack : String(each)}`,
    ])
    for (const secret of [PASSWORD, KEY.secret, '255'])
      expect(shown.filter((text) => text.includes(secret))).toEqual([])
    expect(inspect(version)).toBe('SecretVersion { secret shop/token, version t1 }')
  })

  it('forgets the secret that was not used for the longest time', async () => {
    await using client = kms.client({ maxSecrets: 2 })
    await client.text('shop/db')
    await client.text('shop/token')
    await client.text('shop/db')
    await client.bytes('shop/key')
    expect(client.status().map(({ name }) => name)).toEqual(['shop/db', 'shop/key'])
  })

  it('retries the first read through a short outage', async () => {
    await using client = kms.client()
    await kms.control('POST', '/faults', { fault: 'http503', count: 2 })
    expect(await client.text('shop/db')).toBe(DB)
    expect(await kms.reads()).toBe(3)
  })

  it('stops waiting when the caller does, and reads on for the others', async () => {
    await using client = kms.client()
    await kms.control('POST', '/faults', { fault: 'slow', ms: 300, count: 1 })
    const controller = new AbortController()
    const first = client.text('shop/db', { signal: controller.signal })
    const second = client.text('shop/db')
    controller.abort()
    await expect(first).rejects.toMatchObject({ code: 'Cancelled' })
    expect(await second).toBe(DB)
    await expect(client.text('shop/key', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'Cancelled' })
  })

  it('has a deadline', async () => {
    await using client = kms.client({ timeoutMs: 200 })
    await kms.control('POST', '/faults', { fault: 'hang', count: 9 })
    await expect(client.text('shop/db')).rejects.toMatchObject({ code: 'Timeout' })
  })

  it('ends its reads when it is closed', async () => {
    const client = kms.client()
    await kms.control('POST', '/faults', { fault: 'hang', count: 1 })
    const read = client.text('shop/db')
    const closed = client.close()
    await expect(read).rejects.toMatchObject({ code: 'Cancelled' })
    await closed
    await client.close()
    expect(client.status()).toEqual([])
    await expect(client.text('shop/db')).rejects.toThrow('the secret client is closed')
  })

  it.each<[name: unknown, message: RegExp]>([
    ['', /^name: expected/],
    ['x'.repeat(513), /^name: expected/],
    [undefined, /^name: expected/],
    ['db\ud800', /^name: expected/],
  ])('rejects the name %j', async (name, message) => {
    await using client = kms.client()
    await expect(client.text(name as string)).rejects.toMatchObject({
      code: 'InvalidSpec',
      message: expect.stringMatching(message),
    })
    expect(await kms.reads()).toBe(0)
  })

  it.each([
    [{ versionId: '' }, 'versionId: expected a text that is not empty'],
    [{ versionStage: '' }, 'versionStage: expected a text that is not empty'],
  ])('rejects %j, which KMS reads as the current version', async (options, message) => {
    await using client = kms.client()
    await expect(client.text('shop/db', options)).rejects.toMatchObject({ code: 'InvalidSpec', message })
    expect(await kms.reads()).toBe(0)
  })

  it.each<[option: object, message: RegExp]>([
    [{ refreshIntervalMs: 0 }, /^refreshIntervalMs: expected a whole number ≥ 1, got 0/],
    [{ maxStaleMs: Number.NaN }, /^maxStaleMs/],
    [{ maxSecrets: 1.5 }, /^maxSecrets/],
    [{ endpoint: 'https://kms' }, /^endpoint: expected HOST or HOST:PORT/],
    [{ region: 'Hangzhou!' }, /^region: expected a region id/],
    [{ network: 'pubilc' }, /^network: expected vpc or public, got "pubilc"$/],
    [{ network: '' }, /^network: expected vpc or public, got ""$/],
    [{ identity: 'foo' }, /^identity: expected access-key, rrsa, worker-role, client-key, got "foo"$/],
    [{ identity: {} }, /^identity: expected a kind such as rrsa, a provider of an auth-\* package, or a client key$/],
    [{ identity: null }, /^identity: expected a kind/],
    [{ identity: { credential: () => undefined } }, /^identity: expected a kind/],
    [{ proxy: 'http://proxy' }, /^proxy: expected the result of proxyRoutesOf, or an object with its method proxyFor$/],
    [{ onRead: 'x' }, /^onRead: expected a function, got string$/],
    [{ env: {}, region: undefined }, /^region: expected an option such as cn-hangzhou, or ALIBABA_CLOUD_REGION_ID/],
  ])('rejects the options %j', (option, message) => {
    expect(() => createSecretClient({ env: kms.env, ...option })).toThrow(message)
  })

  it.each<[option: object, message: RegExp]>([
    [{ drainMs: -1 }, /^drainMs: expected a whole number ≥ 0, got -1$/],
    [{ rotationWindowMs: Number.NaN }, /^rotationWindowMs: expected a whole number ≥ 0, got NaN$/],
    [{ openTimeoutMs: 0 }, /^openTimeoutMs: expected a whole number ≥ 1, got 0$/],
    [{ close: 'x' }, /^close: expected a function, got string$/],
    [{ onError: 1 }, /^onError: expected a function, got number$/],
    [{ isAuthenticationError: true }, /^isAuthenticationError: expected a function, got boolean$/],
  ])('rejects the options %j of connect, without a read', async (option, message) => {
    await using client = kms.client()
    const before = await kms.reads()
    await expect(client.connect('shop/db', () => ({}), option)).rejects.toThrow(message)
    expect(await kms.reads()).toBe(before)
  })
})
