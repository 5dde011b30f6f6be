import { SecretSyncError } from '@ack-secret-manager/core'
import { parseSecretStore, storeServiceOf } from '@ack-secret-manager/resources'
import type { StoreState } from '@ack-secret-manager/stores'
import { describe, expect, it } from 'vitest'
import { mergePatch } from '../../testing/merge-patch.ts'
import { withoutNulls } from '../../testing/single-object-api.ts'
import { secretStoreStatus, type StoreStatusChange } from './secret-store-status.ts'

const facts = { generation: 1, provider: 'KMS' as const, reachability: undefined, nowMs: 0 }
const refusal = (message: string, requestId: string) => ({
  ready: false as const,
  error: new SecretSyncError('Unauthenticated', message, { facts: { requestId } }),
})

/** Applies the merge patch as the API server does. */
const patched = (news: StoreStatusChange | undefined): unknown => withoutNulls(news?.status ?? {})

describe('a store that is denied repeatedly', () => {
  const first = secretStoreStatus(refusal('no such role (HTTP 404)', '1a-2b'), { ...facts, old: undefined })

  it('is reported once, without details that differ per request', () => {
    expect(first?.events).toMatchObject([{ message: 'no such role (HTTP 404)' }])
    expect(JSON.stringify(first)).not.toContain('1a-2b')
  })

  it('is not reported again for the next request', () => {
    const again = refusal('no such role (HTTP 404)', '3c-4d')
    expect(secretStoreStatus(again, { ...facts, old: patched(first) })).toBeUndefined()
  })

  it('is reported again for another reason', () => {
    const other = refusal('not allowed (HTTP 403)', '3c-4d')
    expect(secretStoreStatus(other, { ...facts, old: patched(first) })?.events).toMatchObject([
      { message: 'not allowed (HTTP 403)' },
    ])
  })
})

describe('the identity of a store', () => {
  const caller = { arn: 'acs:ram::1:user/tom', account: '1' }
  const ready = { ready: true as const, identity: 'AccessKey LTAI5tDemo', endpoint: 'kms.example', caller }
  const old = patched(secretStoreStatus(ready, { ...facts, old: undefined }))
  const { caller: _caller, ...untold } = ready
  const failed = (code: 'Unauthenticated' | 'Unavailable') => ({
    ready: false as const,
    error: new SecretSyncError(code, 'so it is'),
  })

  it.each<[string, StoreState, number, object | null]>([
    ['is the one that STS returns', ready, 1, { principal: caller.arn, ...caller }],
    ['is the one of the spec if STS returns none', { ...untold, unverified: true }, 2, { principal: untold.identity }],
    ['is kept during an outage', failed('Unavailable'), 1, { principal: caller.arn, ...caller }],
    ['is not kept during an outage after the store has changed', failed('Unavailable'), 2, null],
    ['is removed if the credential is rejected', failed('Unauthenticated'), 1, null],
  ])('%s', (_rule, state, generation, identity) => {
    const news = secretStoreStatus(state, { ...facts, generation, old })
    const status = mergePatch(old, news?.status ?? {}) as { identity?: unknown }
    expect(status.identity ?? null).toEqual(identity)
  })
})

describe('a store with an unreachable endpoint', () => {
  const ready = { ready: true as const, identity: 'AccessKey LTAI5tDemo', endpoint: 'kms.example' }
  const outage = { state: 'unreachable', endpoint: 'kms.example', sinceMs: 0 } as const
  const first = secretStoreStatus(ready, { ...facts, old: undefined })
  const away = secretStoreStatus(ready, { ...facts, reachability: outage, old: patched(first) })
  const back = secretStoreStatus(ready, { ...facts, reachability: { state: 'reachable' as const }, old: patched(away) })

  it('stays Ready, adds the condition, and is not written again', () => {
    expect(away?.status).toMatchObject({
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Reachable', status: 'False', reason: 'Unavailable' },
      ],
    })
    expect(patched(away)).toMatchObject({ outage: { endpoint: 'kms.example', since: '1970-01-01T00:00:00Z' } })
    expect(away?.events).toMatchObject([{ type: 'Warning', reason: 'Unavailable' }])
    expect(secretStoreStatus(ready, { ...facts, reachability: outage, old: patched(away) })).toBeUndefined()
  })

  it('reports when it responds again', () => {
    expect(back?.status).toMatchObject({ conditions: [{ type: 'Ready' }, { type: 'Reachable', status: 'True' }] })
    expect(back?.events).toMatchObject([{ type: 'Normal', reason: 'Connected' }])
  })
})

describe('a store that works and needs attention', () => {
  const DAY_MS = 24 * 3_600_000
  const ready = { ready: true as const, identity: 'client key KAAP.demo', endpoint: 'kst-demo' }
  const insecure: StoreState = { ...ready, tlsWarning: 'certificates are not verified' }
  const expiring = (days: number): StoreState => ({ ...ready, expiresAtMs: facts.nowMs + days * DAY_MS })

  it.each<[string, StoreState, readonly string[]]>([
    ['neither', expiring(31), []],
    ['a client key that expires within 30 days', expiring(30), ['ClientKeyExpiring']],
    ['ignoreSSL', insecure, ['TLSVerificationDisabled']],
    ['both', { ...expiring(1), ...insecure }, ['TLSVerificationDisabled', 'ClientKeyExpiring']],
  ])('has a condition and an event for each cause, once: %s', (_what, state, types) => {
    const first = secretStoreStatus(state, { ...facts, old: undefined })
    expect(first?.status).toMatchObject({ conditions: [{ type: 'Ready' }, ...types.map((type) => ({ type }))] })
    expect(first?.events.map(({ type, reason }) => [type, reason])).toEqual(types.map((type) => ['Warning', type]))
    expect(secretStoreStatus(state, { ...facts, old: patched(first) })).toBeUndefined()
    const fixed = secretStoreStatus(ready, { ...facts, old: patched(first) })
    expect(fixed?.events ?? []).toEqual([])
  })
})

describe('provider and endpoint', () => {
  const ready = { ready: true as const, identity: 'AccessKey LTAI5tDemo', endpoint: 'kms.example' }
  const first = secretStoreStatus(ready, { ...facts, old: undefined })
  const down = (code: 'Unauthenticated' | 'Unavailable'): StoreState => ({
    ready: false,
    error: new SecretSyncError(code, 'so it is'),
  })

  it('are in the status, which is not rewritten without a change', () => {
    expect(first?.status).toMatchObject({ provider: 'KMS', endpoint: 'kms.example' })
    expect(secretStoreStatus(ready, { ...facts, old: patched(first) })).toBeUndefined()
  })

  it.each<[string, StoreState, object]>([
    ['keep the endpoint during an outage', down('Unavailable'), { provider: 'KMS', endpoint: 'kms.example' }],
    [
      'have no endpoint after the credential was rejected',
      down('Unauthenticated'),
      { provider: 'KMS', endpoint: null },
    ],
  ])('%s', (_rule, state, expected) => {
    expect(secretStoreStatus(state, { ...facts, old: patched(first) })?.status).toMatchObject(expected)
  })

  const dedicated = {
    protocol: 'https',
    endpoint: 'kst-demo',
    clientKeyContent: { name: 'aap', key: 'key' },
    password: { name: 'aap', key: 'password' },
  }
  it.each([
    ['KMS', { KMS: {} }],
    ['KMSInstance', { KMS: { dedicatedKMSAuth: dedicated } }],
    ['OOS', { OOS: {} }],
    ['Plugin', { plugin: { package: 'acme-backend', config: {} } }],
  ])('is called %s by its spec', (provider, spec) => {
    const parsed = parseSecretStore({
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind: 'SecretStore',
      metadata: { name: 'store', namespace: 'default' },
      spec,
    })
    expect(parsed.ok && storeServiceOf(parsed.resource.spec).name).toBe(provider)
  })
})
