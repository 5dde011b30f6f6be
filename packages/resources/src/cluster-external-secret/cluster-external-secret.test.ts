import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { externalSecretMetadataOf, parseClusterExternalSecret } from './cluster-external-secret.ts'
import { parseExternalSecret } from '../external-secret/external-secret.ts'

const apiVersion = 'alibabacloud.com/v1alpha1'
const SPEC = 'externalSecretSpec: {data: [{key: a}]}'

function read(spec: string, metadata: object = { name: 'registry' }) {
  return parseClusterExternalSecret({
    apiVersion,
    kind: 'ClusterExternalSecret',
    metadata,
    spec: parse(spec) as unknown,
  })
}

function resourceOf(spec: string, metadata?: object) {
  const result = read(spec, metadata)
  if (!result.ok) throw result.error
  return result.resource
}

describe('a ClusterExternalSecret', () => {
  it('has its defaults filled in', () => {
    const { metadata, spec } = resourceOf(SPEC)
    expect(metadata.namespace).toBe('')
    const { externalSecretSpec, ...rest } = spec
    expect(rest).toEqual({
      externalSecretMetadata: { labels: {}, annotations: {} },
      namespaceSelectors: [],
      conditions: [],
    })
    const alone = parseExternalSecret({
      apiVersion,
      kind: 'ExternalSecret',
      metadata: { name: 'a' },
      spec: { data: [{ key: 'a' }] },
    })
    expect(externalSecretSpec).toEqual(alone.ok && alone.resource.spec)
  })

  it.each([
    [
      'the metadata is absent',
      'externalSecretName: ""\nrotationInterval: null\nexternalSecretMetadata: null\nconditions: []',
    ],
    ['the metadata has empty maps', 'externalSecretMetadata: {labels: null, annotations: {}}\nnamespaceSelectors: []'],
  ])('is the same if %s', (_how, more) => {
    expect(read(`${SPEC}\n${more}`)).toEqual(read(SPEC))
  })

  it('accepts what the Go operator accepts', () => {
    const { spec } = resourceOf(`
externalSecretSpec: {data: [{key: a}], rotationInterval: 60s}
externalSecretName: web
externalSecretMetadata: {labels: {a: ""}, annotations: {b/c: ""}}
namespaceSelectors: [{matchLabels: {team: a}}, {}]
conditions: [{namespaces: [a], namespaceRegexes: ["team-.*", "("]}, {namespaceSelector: {matchExpressions: [{key: a, operator: Exists}]}}]
rotationInterval: 1h`)
    expect(spec).toMatchObject({
      externalSecretName: 'web',
      externalSecretMetadata: { labels: { a: '' }, annotations: { 'b/c': '' } },
      namespaceSelectors: [{ matchLabels: { team: 'a' } }, { matchLabels: {} }],
      conditions: [{ namespaces: ['a'] }, { namespaceSelector: { matchExpressions: [{ key: 'a' }] } }],
      rotationInterval: '1h',
    })
  })

  const many = (count: number, entry: string): string => Array.from({ length: count }, () => entry).join(', ')

  it.each([
    ['no spec of the ExternalSecrets', 'externalSecretName: a', 'spec.externalSecretSpec: required, but missing'],
    [
      'an unknown field in it',
      'externalSecretSpec: {data: [{key: a, vresionId: b}]}',
      'spec.externalSecretSpec.data[0].vresionId: unknown field; did you mean "versionId"?',
    ],
    [
      'an invalid ExternalSecret',
      'externalSecretSpec: {data: [{key: a}, {key: a}]}',
      'spec.externalSecretSpec.data[1].key: key "a" of the Secret is already set by data[0].key',
    ],
    ['a field of External Secrets Operator', `${SPEC}\nrefreshTime: 1m`, 'spec.refreshTime: unknown field'],
    [
      'an invalid name',
      `${SPEC}\nexternalSecretName: My Web`,
      'spec.externalSecretName: expected a name of lower-case letters, digits, "-" and ".", got "My Web"',
    ],
    [
      'the reserved label',
      `${SPEC}\nexternalSecretMetadata: {labels: {alibabacloud.com/cluster-external-secret: a}}`,
      'spec.externalSecretMetadata.labels.alibabacloud.com/cluster-external-secret: is set by the operator',
    ],
    [
      'an invalid label',
      `${SPEC}\nexternalSecretMetadata: {labels: {team: "a b"}}`,
      'spec.externalSecretMetadata.labels.team: expected the value of a label, got "a b"',
    ],
    [
      'too many annotations',
      `${SPEC}\nexternalSecretMetadata: {annotations: {${Array.from({ length: 65 }, (_, index) => `a${index}: ""`).join(', ')}}}`,
      'spec.externalSecretMetadata.annotations: expected at most 64 entries',
    ],
    [
      'an operator without values',
      `${SPEC}\nnamespaceSelectors: [{matchExpressions: [{key: a, operator: In}]}]`,
      'spec.namespaceSelectors[0].matchExpressions[0].values: required with In, but missing',
    ],
    [
      'an invalid selector',
      `${SPEC}\nnamespaceSelectors: [null]`,
      'spec.namespaceSelectors[0]: expected an object, got null',
    ],
    [
      'too many conditions',
      `${SPEC}\nconditions: [${many(65, '{}')}]`,
      'spec.conditions: expected at most 64 entries, got 65',
    ],
    [
      'too many long regular expressions',
      `${SPEC}\nconditions: [${many(17, `{namespaceRegexes: [${'a'.repeat(256)}]}`)}]`,
      'spec.conditions: the regular expressions exceed 4096 characters in total, counting x{3} as xxx and multiplying by 16 or 256 for Unicode classes',
    ],
    ['an interval that is too short', `${SPEC}\nrotationInterval: 10ms`, 'spec.rotationInterval: expected at least 1s'],
  ])('with %s is refused', (_what, spec, message) => {
    const result = read(spec)
    expect(result).toMatchObject({ ok: false, error: { code: 'InvalidSpec' } })
    expect(result.ok || result.error.message).toBe(message)
  })

  it('keeps the valid parts of its status', () => {
    const status = {
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
      externalSecretName: 'web',
      provisionedNamespaces: ['a'],
      failedNamespaces: [{ namespace: 'b' }],
    }
    const result = parseClusterExternalSecret({
      apiVersion,
      kind: 'ClusterExternalSecret',
      metadata: { name: 'a' },
      spec: parse(SPEC) as unknown,
      status,
    })
    expect(result.ok && result.resource.status).toMatchObject(status)
  })
})

describe('its ExternalSecrets', () => {
  it('have its name, and a label with its name', () => {
    expect(externalSecretMetadataOf(resourceOf(SPEC))).toEqual({
      name: 'registry',
      labels: { 'alibabacloud.com/cluster-external-secret': 'registry' },
      annotations: {},
    })
  })

  it('have the name and metadata of its spec', () => {
    const more = 'externalSecretName: web\nexternalSecretMetadata: {labels: {a: b}, annotations: {c: d}}'
    expect(externalSecretMetadataOf(resourceOf(`${SPEC}\n${more}`))).toEqual({
      name: 'web',
      labels: { a: 'b', 'alibabacloud.com/cluster-external-secret': 'registry' },
      annotations: { c: 'd' },
    })
  })

  it.each([
    ['a'.repeat(64), 'a'.repeat(63)],
    [`${'a'.repeat(62)}.b`, 'a'.repeat(62)],
    [`${'a'.repeat(61)}-.b`.replace('-.', '-x.'), `${'a'.repeat(61)}-x`],
  ])('have a valid label for the name %s', (name, label) => {
    const { labels } = externalSecretMetadataOf(resourceOf(SPEC, { name }))
    expect(labels['alibabacloud.com/cluster-external-secret']).toBe(label)
  })
})
