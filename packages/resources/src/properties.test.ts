import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseClusterExternalSecret } from './cluster-external-secret/cluster-external-secret.ts'
import { parseExternalSecret } from './external-secret/external-secret.ts'
import { isSecretKey } from './schema/secret-key.ts'
import { parseClusterSecretStore, parseSecretStore } from './stores/secret-store.ts'

const oddNames = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
const fieldNames = [
  'data',
  'dataProcess',
  'extract',
  'key',
  'name',
  'jmesPath',
  'path',
  'objectAlias',
  'target',
  'template',
]
const storeNames =
  `KMS OOS plugin KMSAuth OOSAuth dedicatedKMSAuth accessKey accessKeySecret namespace region endpoint allow secrets
  conditions namespaceSelector matchLabels matchExpressions serviceAccountRef workerRole ramRoleARN remoteRamRoleArn
  package config audiences externalSecretSpec externalSecretName externalSecretMetadata labels annotations
  namespaceSelectors namespaceRegexes`.split(/\s+/)

/** Random JSON, with an increased share of our field names and of prototype names. */
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom<unknown>(null, '', 'a', 0, true, {}, [], ...oddNames),
    fc.string(),
    fc.double(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom(...fieldNames, ...storeNames, ...oddNames), tie('value')), { maxLength: 6 })
      .map(
        (entries) =>
          JSON.parse(
            `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
          ) as unknown,
      ),
  ),
})).value

const head = { apiVersion: 'alibabacloud.com/v1alpha1', metadata: { name: 'web' } }
const asExternalSecret = (spec: unknown) => ({ ...head, kind: 'ExternalSecret', spec })
const asClusterSecretStore = (spec: unknown) => ({ ...head, kind: 'ClusterSecretStore', spec })
const asClusterExternalSecret = (spec: unknown) => ({ ...head, kind: 'ClusterExternalSecret', spec })
const asSecretStore = (spec: unknown) => ({ ...head, kind: 'SecretStore', spec })

describe('reading', () => {
  it('never throws for any input', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), json),
        (value) => {
          const kinds = [asExternalSecret, asSecretStore, asClusterSecretStore, asClusterExternalSecret]
          const readers = [parseExternalSecret, parseSecretStore, parseClusterSecretStore, parseClusterExternalSecret]
          for (const given of [value, ...kinds.map((of) => of(value))]) {
            for (const result of readers.map((read) => read(given))) {
              if (result.ok) continue
              expect(result.error.code).toBe('InvalidSpec')
              expect(result.error.message.length).toBeLessThan(2_000)
            }
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('ignores inherited properties', () => {
    const spec = Object.create({ data: [{ key: 'a' }] }) as object
    const result = parseExternalSecret(asExternalSecret(spec))
    expect(result.ok || result.error.message).toBe(
      'spec.data: expected at least one entry in data, dataProcess, dataFrom or generate',
    )
    expect(parseExternalSecret(Object.create(asExternalSecret({ data: [{ key: 'a' }] }))).ok).toBe(false)
  })

  it('treats an own __proto__ as an ordinary field', () => {
    const spec = JSON.parse('{"__proto__":{"suspend":true},"data":[{"key":"a"}]}') as unknown
    const refused = parseExternalSecret(asExternalSecret(spec))
    expect(refused.ok || refused.error.message).toBe('spec.__proto__: unknown field')
    const ignored = parseExternalSecret(asExternalSecret(spec), { unknownFields: 'ignore' })
    expect(ignored).toMatchObject({ ok: true, resource: { spec: { suspend: false } } })
  })

  it('produces a spec that parses to itself', () => {
    const key = fc.stringMatching(/^[a-z]{1,12}$/)
    const spec = fc.record(
      {
        data: fc.uniqueArray(fc.record({ key, versionId: key, optional: fc.boolean() }, { requiredKeys: ['key'] }), {
          minLength: 1,
          maxLength: 8,
          selector: (entry) => entry.key,
        }),
        suspend: fc.boolean(),
        rotationInterval: fc.integer({ min: 1, max: 86_400 }).map((seconds) => `${seconds}s`),
        target: fc.record(
          { name: key, creationPolicy: fc.constantFrom('Owner', 'Adopt', 'Merge') },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ['data'] },
    )
    fc.assert(
      fc.property(spec, (given) => {
        const once = parseExternalSecret(asExternalSecret(given))
        const twice = parseExternalSecret(asExternalSecret(once.ok ? once.resource.spec : undefined))
        expect(once.ok).toBe(true)
        expect(twice).toEqual(once)
      }),
    )
  })
})

describe('isSecretKey', () => {
  it('agrees with the rule of Kubernetes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 260 }), fc.stringMatching(/^[-._a-zA-Z0-9]{0,254}$/)), (key) => {
        const legal = !/[^-._a-zA-Z0-9]/.test(key)
        const expected = legal && key.length >= 1 && key.length <= 253 && key !== '.' && !key.startsWith('..')
        expect(isSecretKey(key)).toBe(expected)
      }),
    )
  })
})
