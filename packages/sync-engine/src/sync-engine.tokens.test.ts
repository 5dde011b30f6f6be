import { type SecretGenerator, SecretSyncError, Sensitive, type TargetAction } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CreateGenerator } from './generate/generated-plan.ts'
import type { SyncResource } from './model/resource.ts'
import { type EngineFixtureOptions, engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { digester, NO_OBJECTS, valueOf } from './testing/fixtures.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from './testing/property-runs.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const LIFE = HOUR
const EARLIEST = (LIFE * 2) / 3
const LATEST = EARLIEST + LIFE / 30

const away = new SecretSyncError('Unavailable', 'cr.cn-hangzhou.aliyuncs.com does not respond')
const denied = new SecretSyncError('AccessDenied', 'no RAM policy allows it')

/** Issues `token-1`, `token-2` and so on, over all processes of a test. */
class Issuer {
  readonly issuedMs: number[] = []
  readonly expiresMs = new Map<string, number>()
  failure: SecretSyncError | undefined
  /** What the store says about the token. */
  refusal: SecretSyncError | undefined
  calls = 0
  clock = new ManualClock()

  readonly create: CreateGenerator = (entry) => {
    const generator: SecretGenerator = {
      kind: 'container-registry token',
      settings: (entry.containerRegistry?.instances.length ?? 0).toString(16),
      isToken: true,
      check: () => {
        if (this.refusal) throw this.refusal
      },
      generate: () => {
        this.calls += 1
        if (this.failure) return Promise.reject(this.failure)
        const issuedMs = this.clock.now()
        this.issuedMs.push(issuedMs)
        const text = `token-${this.issuedMs.length}`
        this.expiresMs.set(text, issuedMs + LIFE)
        const value = new Sensitive<Uint8Array>(Buffer.from(text))
        return Promise.resolve({ value, life: { issuedMs, expiresMs: issuedMs + LIFE } })
      },
    }
    return generator
  }

  isValid(text: string | undefined): boolean {
    return (this.expiresMs.get(text ?? '') ?? 0) > this.clock.now()
  }
}

function start(options: EngineFixtureOptions & { readonly issuer?: Issuer } = {}, secrets = {}) {
  const { issuer = new Issuer(), ...rest } = options
  const fixture = engineFixture(secrets, { createGenerator: issuer.create, clock: issuer.clock, ...rest })
  return {
    ...fixture,
    issuer,
    texts: () => fixture.writer.textsOf('web'),
    token: () => fixture.writer.textsOf('web')?.['token'],
    upsert: async (spec: object, more: Partial<SyncResource> = {}) => {
      fixture.upsert(spec, more)
      await fixture.clock.advance(0)
    },
  }
}

const instance = (id: string): object => ({ id, registries: [`${id}.cr.aliyuncs.com`] })
const entry = (...ids: string[]): object => ({
  name: 'token',
  containerRegistry: { secretStoreRef: { name: 'registry' }, instances: ids.map(instance) },
})
const ONE = { generate: [entry('cri-a')] }

describe('a token', () => {
  it('is renewed after two thirds of its lifetime, and valid at each minute of a day', async () => {
    const { clock, issuer, token, upsert, ready, writer } = start()
    await upsert(ONE)
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      expect([issuer.isValid(token()), ready()]).toEqual([true, 'True Synced'])
      await clock.advance(MINUTE)
    }
    for (const [index, issuedMs] of issuer.issuedMs.slice(1).entries()) {
      const ageMs = issuedMs - (issuer.issuedMs[index] ?? 0)
      expect(ageMs).toBeGreaterThanOrEqual(EARLIEST)
      expect(ageMs).toBeLessThanOrEqual(LATEST + 1_000)
    }
    expect(writer.actions.length).toBe(issuer.issuedMs.length)
  })

  it('has its expiry in the status', async () => {
    const { upsert, statuses } = start()
    await upsert(ONE)
    expect(statuses.at(-1)?.generated).toEqual([
      {
        name: 'token',
        generatedTime: '2026-01-01T00:00:00Z',
        expiryTime: '2026-01-01T01:00:00Z',
        renewalTime: expect.stringMatching(/^2026-01-01T00:4[01]:\d\dZ$/) as unknown,
      },
    ])
  })

  it('is neither renewed early nor late by a process that knows only the target', async () => {
    const first = start()
    await first.upsert(ONE)
    const { writer, issuer } = first
    await first.engine.close(0)
    issuer.clock = new ManualClock(issuer.clock.now() + EARLIEST - MINUTE)
    const second = start({ writer, issuer })
    await second.upsert(ONE)
    await issuer.clock.advance(MINUTE - 1)
    expect([second.token(), issuer.calls]).toEqual(['token-1', 1])
    await issuer.clock.advance(LATEST - EARLIEST + 1_000)
    expect([second.token(), issuer.calls]).toEqual(['token-2', 2])
  })

  it('is replaced at once if its settings change', async () => {
    const { upsert, token } = start()
    await upsert(ONE)
    await upsert({ generate: [entry('cri-a', 'cri-b')] }, { generation: 2 })
    expect(token()).toBe('token-2')
  })

  it('is replaced if another user has edited it', async () => {
    const { upsert, token, writer } = start()
    await upsert(ONE)
    writer.tamper('web', 'token')
    await upsert(ONE, { generation: 2 })
    expect(token()).toBe('token-2')
  })

  it('stays during an outage that ends before its expiry, without an error', async () => {
    const { clock, issuer, upsert, token, ready } = start()
    await upsert(ONE)
    issuer.failure = away
    await clock.advance(LIFE - MINUTE)
    expect([token(), ready(), issuer.isValid(token())]).toEqual(['token-1', 'True Synced', true])
    const { calls } = issuer
    expect(calls).toBeGreaterThan(5)
    expect(calls).toBeLessThan(25)
    issuer.failure = undefined
    await clock.advance(MINUTE)
    expect([token(), ready()]).toEqual(['token-2', 'True Synced'])
  })

  it('is reported within a minute of its expiry, and stays', async () => {
    const { clock, issuer, upsert, token, ready, message } = start()
    await upsert(ONE)
    issuer.failure = away
    await clock.advance(LIFE + MINUTE)
    expect([token(), ready()]).toEqual(['token-1', 'False Stale'])
    expect(message()).toContain('the token of key token has expired, because it could not be renewed')
    issuer.failure = undefined
    await clock.advance(MINUTE)
    expect([token(), ready()]).toEqual(['token-2', 'True Synced'])
  })

  it('that may not be renewed is reported at once, and stays', async () => {
    const { clock, issuer, upsert, token, ready } = start()
    await upsert(ONE)
    issuer.failure = denied
    await clock.advance(LATEST + MINUTE)
    expect([token(), ready()]).toEqual(['token-1', 'False AccessDenied'])
  })

  it('that the store no longer allows is reported before its renewal, and stays until it is allowed again', async () => {
    const { issuer, upsert, token, ready, clock } = start()
    await upsert(ONE)
    issuer.refusal = new SecretSyncError('StoreNotAllowed', 'SecretStore default/registry hands out no tokens')
    await upsert(ONE, { generation: 2 })
    expect([token(), ready(), issuer.calls]).toEqual(['token-1', 'False StoreNotAllowed', 1])
    issuer.refusal = undefined
    await upsert(ONE, { generation: 3 })
    expect([token(), ready(), issuer.calls]).toEqual(['token-1', 'True Synced', 1])
    await clock.advance(LATEST + MINUTE)
    expect([token(), ready()]).toEqual(['token-2', 'True Synced'])
  })

  it('is not reported while its store is validated again, or cannot be reached', async () => {
    const { issuer, upsert, token, ready } = start()
    await upsert(ONE)
    issuer.refusal = new SecretSyncError('StoreNotFound', 'was just created and is not validated yet')
    await upsert(ONE, { generation: 2 })
    expect([token(), ready()]).toEqual(['token-1', 'True Synced'])
  })

  it('stops neither other keys nor templates while it cannot be renewed', async () => {
    const templating = { renderer: new TinyRenderer(), sources: NO_OBJECTS }
    const { clock, issuer, upsert, texts, values, engine } = start({ templating }, { db: 'one' })
    await upsert({
      ...ONE,
      data: [{ key: 'db', name: 'url' }],
      target: { template: { data: { line: '{{ .url }} {{ .token }}' } } },
    })
    expect(texts()).toMatchObject({ line: 'one token-1' })
    issuer.failure = denied
    await clock.advance(LIFE + MINUTE)
    values.set('db', valueOf('two', 'v2'))
    engine.hint('db')
    await clock.advance(INTERVAL)
    expect(texts()).toMatchObject({ line: 'two token-1', token: 'token-1' })
  })

  it('stays in templates after the clock was set back, is reported, and is replaced as soon as the service allows it', async () => {
    const templating = { renderer: new TinyRenderer(), sources: NO_OBJECTS }
    const { clock, issuer, upsert, texts, values, engine, ready, message } = start({ templating }, { db: 'one' })
    await upsert({
      ...ONE,
      data: [{ key: 'db', name: 'url' }],
      target: { template: { data: { line: '{{ .url }} {{ .token }}' } } },
    })
    clock.jumpWallClock(-12 * HOUR)
    issuer.failure = new SecretSyncError('Unauthenticated', "the request's timestamp is rejected")
    values.set('db', valueOf('two', 'v2'))
    engine.hint('db')
    await clock.advance(INTERVAL)
    expect([texts(), ready()]).toEqual([
      expect.objectContaining({ line: 'two token-1', token: 'token-1' }),
      'False Degraded',
    ])
    expect(message()).toContain(
      "the token of key token could not be renewed, and the clock of this machine is behind its time of issue: the request's timestamp is rejected",
    )
    issuer.failure = away
    await upsert(ONE, { generation: 2 })
    expect([texts()?.['token'], ready()]).toEqual(['token-1', 'False Stale'])
    issuer.failure = undefined
    await clock.advance(6 * MINUTE)
    expect([texts()?.['token'], ready()]).toEqual(['token-2', 'True Synced'])
  })
})

describe('over any order of crashes, lost writes, outages and replicas', () => {
  type Step = 'restart' | 'replica' | 'lose-response' | 'refuse-write' | 'outage' | 'minutes'

  it(
    'a token is never renewed before two thirds of its lifetime, and expires only after an outage of a third of it',
    { timeout: PROPERTY_TIMEOUT_MS },
    async () => {
      const step = fc.constantFrom<Step>(
        'restart',
        'replica',
        'lose-response',
        'refuse-write',
        'outage',
        'minutes',
        'minutes',
        'minutes',
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
          const issuer = new Issuer()
          const writer = new MemoryWriter(digester)
          const written: { readonly text: string; readonly atMs: number }[] = []
          let fault: 'lose-response' | 'refuse-write' | undefined
          const apply = writer.apply.bind(writer)
          writer.apply = async (action: TargetAction) => {
            const now = fault
            fault = undefined
            if (now === 'refuse-write') throw away
            const observed = await apply(action)
            const text = writer.textsOf('web')?.['token'] ?? ''
            if (written.at(-1)?.text !== text) written.push({ text, atMs: issuer.clock.now() })
            if (now === 'lose-response') throw away
            return observed
          }
          let current = start({ writer, issuer })
          await current.upsert(ONE)
          for (const one of steps) {
            if (one === 'minutes') {
              await issuer.clock.advance(7 * MINUTE)
              expect(issuer.isValid(current.token())).toBe(true)
            } else if (one === 'outage') {
              issuer.failure = away
              await issuer.clock.advance(9 * MINUTE)
              issuer.failure = undefined
              await issuer.clock.advance(2 * MINUTE)
              expect(issuer.isValid(current.token())).toBe(true)
            } else if (one === 'restart') {
              void current.engine.close(0)
              issuer.clock = new ManualClock(issuer.clock.now())
              current = start({ writer, issuer })
              await current.upsert(ONE)
            } else if (one === 'replica') {
              // Both renew; one of them wins.
              await start({ writer, issuer }).upsert(ONE)
            } else {
              fault = one
              await issuer.clock.advance(MINUTE)
            }
          }
          for (const [index, { text, atMs }] of written.slice(1).entries()) {
            const before = written[index]
            expect(text).not.toBe(before?.text)
            expect(atMs - (before?.atMs ?? 0)).toBeGreaterThanOrEqual(EARLIEST - 2 * MINUTE)
          }
        }),
        { numRuns: propertyRuns(30) },
      )
    },
  )
})
