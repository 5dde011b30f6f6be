import { describe, expect, it } from 'vitest'
import { parseExternalSecret } from '../external-secret/external-secret.ts'
import { parseSecretStore } from '../stores/secret-store.ts'

const object = {
  apiVersion: 'alibabacloud.com/v1alpha1',
  kind: 'ExternalSecret',
  metadata: { name: 'web', namespace: 'shop' } as object,
  spec: { data: [{ key: 'a' }] },
}

function resourceOf(value: unknown) {
  const result = parseExternalSecret(value)
  if (!result.ok) throw result.error
  return result.resource
}

describe('metadata', () => {
  it('of an object of an API server is kept', () => {
    const metadata = {
      name: 'web',
      namespace: 'shop',
      uid: '6b1c1b1e',
      generation: 3,
      resourceVersion: '42',
      labels: { app: 'web' },
      annotations: { 'alibabacloud.com/refresh-now': '1' },
      finalizers: ['other'],
      creationTimestamp: '2026-01-01T00:00:00Z',
      deletionTimestamp: '2026-01-02T00:00:00Z',
    }
    expect(resourceOf({ ...object, metadata: { ...metadata, managedFields: [{}] } }).metadata).toEqual(metadata)
  })

  it('of a manifest gets defaults', () => {
    const { metadata } = resourceOf({ ...object, metadata: { name: 'web' } })
    expect(metadata).toEqual({
      name: 'web',
      namespace: 'default',
      uid: '',
      generation: 0,
      resourceVersion: '',
      labels: {},
      annotations: {},
      finalizers: [],
    })
  })

  it('uses the default namespace if a manifest sets none', () => {
    const result = parseExternalSecret({ ...object, metadata: { name: 'web' } }, { defaultNamespace: 'shop' })
    expect(result).toMatchObject({ ok: true, resource: { metadata: { namespace: 'shop' } } })
  })

  it('has annotations of any name, and no inherited ones', () => {
    const metadata = JSON.parse('{"name":"web","annotations":{"constructor":"a","__proto__":"b"}}') as object
    const { annotations } = resourceOf({ ...object, metadata }).metadata
    expect(annotations['constructor']).toBe('a')
    expect(annotations['__proto__']).toBe('b')
    expect(annotations['toString']).toBeUndefined()
  })

  it.each<[string, object, string]>([
    ['no metadata', { metadata: undefined }, 'metadata.name: required, but missing'],
    ['no name', { metadata: {} }, 'metadata.name: required, but missing'],
    [
      'an invalid name',
      { metadata: { name: 'My Web' } },
      'metadata.name: expected lower-case letters, digits, "-" and "."',
    ],
    [
      'a name that is a number',
      { metadata: { name: 7 } },
      'metadata.name: expected a text; put it in quotes (and 1 more)',
    ],
    [
      'an invalid namespace',
      { metadata: { name: 'a', namespace: '../x' } },
      'metadata.namespace: expected lower-case letters, digits and "-"',
    ],
    [
      'an annotation that is a boolean',
      { metadata: { name: 'a', annotations: { b: true } } },
      'metadata.annotations: "b": expected a text; put it in quotes',
    ],
    ['labels that are a list', { metadata: { name: 'a', labels: [] } }, 'metadata.labels: expected an object'],
    [
      'another version',
      { apiVersion: 'alibabacloud.com/v1' },
      'apiVersion: expected alibabacloud.com/v1alpha1, got "alibabacloud.com/v1"',
    ],
    ['no version', { apiVersion: undefined }, 'apiVersion: expected alibabacloud.com/v1alpha1, got nothing'],
    ['another kind', { kind: 'Secret' }, 'kind: expected ExternalSecret, got "Secret"'],
  ])('with %s is refused', (_what, change, message) => {
    const result = parseExternalSecret({ ...object, ...change })
    expect(result.ok || result.error.message).toBe(message)
  })

  it.each([undefined, null, 5, 'text', [], () => 1])('is not read from %s', (value) => {
    expect(parseExternalSecret(value).ok).toBe(false)
    expect(parseSecretStore(value).ok).toBe(false)
  })
})

describe('status', () => {
  it('is kept unchanged, empty texts included', () => {
    const status = {
      observedGeneration: 3,
      conditions: [{ type: 'Ready', status: 'True', reason: 'Synced', message: '' }],
      dataSyncResults: [
        { ExternalSecretKey: '', status: 'Succeeded', reason: '', synchronizationTime: '2026-01-01T00:00:00Z' },
      ],
      secrets: [{ key: 'a', versionId: 'v1', rotation: { automatic: true, nextTime: '2026-01-02T00:00:00Z' } }],
      target: { name: 'web', uid: 'u', keyCount: 1 },
    }
    expect(resourceOf({ ...object, status }).status).toEqual(status)
  })

  it('is absent if none was written', () => expect(resourceOf(object)).not.toHaveProperty('status'))

  it.each([null, 7, { target: 5 }])('in another format counts as absent: %j', (status) => {
    expect(resourceOf({ ...object, status })).not.toHaveProperty('status')
  })

  it('of the Go operator keeps its valid parts', () => {
    const status = { dataSyncResults: [{ ExternalSecretKey: 'a', status: 'Failed', reason: 'x' }], conditions: 'odd' }
    expect(resourceOf({ ...object, status }).status).toEqual({
      conditions: [],
      dataSyncResults: status.dataSyncResults,
      secrets: [],
    })
  })
})
