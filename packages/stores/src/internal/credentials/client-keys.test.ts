import type { ClientKey, ClientKeyOptions } from '@ack-secret-manager/auth-aap'
import { type Clock, SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ClientKeyFile, ClientKeys } from './client-keys.ts'
import { ConnectionPool } from '../connections/connection-pool.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const fileOf = (content: string, password = 'good'): ClientKeyFile => ({
  content: bytes(content),
  contentName: 'the file',
  password: bytes(password),
  passwordName: 'the password',
})

describe('ClientKeys', () => {
  let clock: ManualClock
  let parsed: string[]
  let closed: string[]
  let keys: ClientKeys
  let endMs: number

  beforeEach(() => {
    clock = new ManualClock()
    parsed = []
    closed = []
    endMs = clock.now() + 3_600_000
    keys = new ClientKeys({ pool: new ConnectionPool({ clock, onCredentialState: () => undefined }), clock })
  })

  function parse({ content, password }: ClientKeyOptions): ClientKey {
    const [keyId, word] = [content, password].map((part) => new TextDecoder().decode(part as Uint8Array))
    parsed.push(`${keyId}/${word}`)
    if (word !== 'good') throw new SecretSyncError('Unauthenticated', 'the password does not open the file')
    if (clock.now() > endMs) throw new SecretSyncError('Unauthenticated', 'the client key expired')
    return keyOf(keyId ?? '')
  }

  const acquire = (content: string, password?: string) => keys.acquire(fileOf(content, password), parse)

  function keyOf(keyId: string): ClientKey {
    const identity = { kind: 'aap', fingerprint: keyId, description: keyId, account: keyId }
    const close = (): void => void closed.push(keyId)
    return { keyId, identity, fingerprint: keyId, notAfterMs: endMs, sign: () => bytes(''), close }
  }

  it('opens a file once for all stores and keeps acquired keys open', async () => {
    const [first, second] = [acquire('a'), acquire('a')]
    expect(second.value).toBe(first.value)
    first.release()
    second.release()
    acquire('a').release()
    expect([parsed, closed]).toEqual([['a/good'], []])
    keys.close()
    await clock.advance(0)
    expect(closed).toEqual(['a'])
  })

  it('opens it again when the file or the password changes', () => {
    acquire('a')
    acquire('b')
    expect(() => acquire('a', 'bad')).toThrow('does not open')
    expect(parsed).toEqual(['a/good', 'b/good', 'a/bad'])
  })

  it('caches an error for a limited time', async () => {
    for (let look = 0; look < 20; look += 1) {
      expect(() => acquire('a', 'bad')).toThrow('does not open')
      await clock.advance(59_000)
    }
    expect(parsed).toHaveLength(2)
  })

  it('opens files of one namespace for a tenth of the time, and those of others at once', async () => {
    let blockedMs = 0
    const blocking: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic() + blockedMs,
      setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
    }
    keys = new ClientKeys({ pool: new ConnectionPool({ clock, onCredentialState: () => undefined }), clock: blocking })
    const slow = (options: ClientKeyOptions): ClientKey => {
      blockedMs += 250
      return parse(options)
    }
    const { signal } = new AbortController()
    const opened: string[] = []
    const open = async (namespace: string, name: string): Promise<void> => {
      await keys.acquireInTurn(fileOf(name), slow, { namespace, signal })
      opened.push(name)
    }
    for (let at = 0; at < 100; at += 1) void open('evil', `evil-${at}`)
    await clock.advance(0)
    const burst = opened.length
    expect(burst).toBeLessThanOrEqual(25)
    await open('good', 'good')
    await open('evil', 'evil-0')
    expect(opened.slice(burst)).toEqual(['good', 'evil-0'])
    const before = opened.length
    await clock.advance(60_000)
    expect(opened.length - before).toBeGreaterThan(20)
    expect(opened.length - before).toBeLessThan(30)
  })

  it('evicts the key of an unused file', async () => {
    acquire('a').release()
    await clock.advance(600_000)
    acquire('b')
    await clock.advance(0)
    expect(closed).toEqual(['a'])
  })

  it('opens an expired key again', async () => {
    for (let minute = 0; minute < 60; minute += 5) {
      acquire('a').release()
      await clock.advance(5 * 60_000)
    }
    expect(parsed).toHaveLength(1)
    await clock.advance(1)
    expect(() => acquire('a')).toThrow('expired')
    expect(parsed).toHaveLength(2)
  })

  it('caches a limited number of files', async () => {
    for (let index = 0; index < 1_100; index += 1) acquire(`${index}`).release()
    await clock.advance(0)
    expect(closed).toHaveLength(1_100 - 1_024)
  })
})
