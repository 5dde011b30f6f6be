import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { parseExternalSecret } from './external-secret.ts'
import { LIMITS } from '../schema/limits.ts'
import { isLabelValue, whyNotMetadataName } from '../schema/metadata-name.ts'

/** A manifest whose target has this template; the text is YAML. */
function resultOf(template: string, more: object = {}): ReturnType<typeof parseExternalSecret> {
  const head = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', metadata: { name: 'web' } }
  const spec = { data: [{ key: 'a' }], target: { name: 'web', template: parse(template) as unknown }, ...more }
  return parseExternalSecret({ ...head, spec })
}

const entries = (count: number, value = 'x'): string =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value])))
const nothing = { data: {}, templateFrom: [], metadata: { labels: {}, annotations: {} }, mergePolicy: 'Replace' }

describe('a valid template', () => {
  it.each<[string, string, object]>([
    ['an empty one', '{}', nothing],
    ['keys', 'data: {a: "{{ .a }}", .b-c_d: ""}', { data: { a: '{{ .a }}', '.b-c_d': '' } }],
    [
      'names of prototype properties',
      'data: {constructor: a, toString: b}',
      { data: { constructor: 'a', toString: 'b' } },
    ],
    [
      'a ConfigMap',
      'templateFrom: [{configMap: {name: a, items: [{key: k}]}}]',
      { templateFrom: [{ configMap: { name: 'a', items: [{ key: 'k', templateAs: 'Values' }] }, target: 'Data' }] },
    ],
    [
      'lines of a Secret as labels',
      'templateFrom: [{secret: {name: a, items: [{key: k, templateAs: KeysAndValues}]}, target: Labels}]',
      { templateFrom: [{ secret: { items: [{ templateAs: 'KeysAndValues' }] }, target: 'Labels' }] },
    ],
    ['a literal', 'templateFrom: [{literal: x, target: ""}]', { templateFrom: [{ literal: 'x', target: 'Data' }] }],
    [
      'labels and annotations',
      'metadata: {labels: {example.com/App: a}, annotations: {b: "c d"}}',
      { metadata: { labels: { 'example.com/App': 'a' }, annotations: { b: 'c d' } } },
    ],
    ['a type and a policy', 'type: a/b\nmergePolicy: Merge', { type: 'a/b', mergePolicy: 'Merge' }],
    ['empty fields', 'type: ""\nmergePolicy: ""\ndata: null\ntemplateFrom: null\nmetadata: null', nothing],
    ['the maximum of everything', `data: ${entries(LIMITS.templateKeys)}`, {}],
  ])('%s', (_what, template, expected) => {
    expect(resultOf(template)).toMatchObject({ ok: true, resource: { spec: { target: { template: expected } } } })
  })

  it.each<[string, boolean, string]>([
    ['accepts any name for replaced keys', true, 'data: {b: x}'],
    ['accepts any name for replaced keys, for every template source', true, 'templateFrom: [{literal: x}]'],
    ['requires valid keys if read keys are kept', false, 'data: {b: x}\nmergePolicy: Merge'],
    ['requires valid keys if templates produce only labels', false, 'templateFrom: [{literal: x, target: Labels}]'],
  ])('%s', (_rule, ok, template) => expect(resultOf(template, { data: [{ key: 'app/a' }] }).ok).toBe(ok))
})

describe('an invalid template', () => {
  const name = 'expected the name of a label or annotation, such as example.com/team'
  const one = 'expected exactly one of configMap, secret and literal'
  it.each<[string, string, string]>([
    ['an invalid key', 'data: {a/b: x}', 'data.a/b: expected a key of a Secret: letters, digits, "-", "_" and "."'],
    [
      '__proto__, which zod would drop',
      'data: {__proto__: x}',
      'data."__proto__": __proto__ cannot be a name here; use another name',
    ],
    ['a number for a template', 'data: {a: 1}', 'data.a: expected a text, got 1; put it in quotes'],
    ['too many keys', `data: ${entries(LIMITS.templateKeys + 1)}`, 'data: expected at most 256 entries'],
    [
      'a template that is too long',
      `data: ${entries(1, 'x'.repeat(LIMITS.template + 1))}`,
      'data.k0: expected at most 65536 characters, got 65537',
    ],
    ['no template source', 'templateFrom: [{target: Labels}]', `templateFrom[0]: ${one}`],
    [
      'two template sources',
      'templateFrom: [{literal: x, secret: {name: a, items: [{key: k}]}}]',
      `templateFrom[0]: ${one}`,
    ],
    [
      'no key of a ConfigMap',
      'templateFrom: [{configMap: {name: a, items: []}}]',
      'templateFrom[0].configMap.items: expected at least 1 entry, got 0',
    ],
    [
      'the target as a template',
      'templateFrom: [{secret: {name: web, items: [{key: k}]}}]',
      'templateFrom[0].secret.name: is the target itself',
    ],
    [
      'another namespace',
      'templateFrom: [{secret: {name: a, namespace: b, items: [{key: k}]}}]',
      'templateFrom[0].secret.namespace: unknown field',
    ],
    [
      'an unknown target',
      'templateFrom: [{literal: x, target: labels}]',
      'templateFrom[0].target: expected Data or Annotations or Labels, got "labels"; did you mean "Labels"?',
    ],
    [
      'an unknown templateAs',
      'templateFrom: [{secret: {name: a, items: [{key: k, templateAs: Value}]}}]',
      'templateFrom[0].secret.items[0].templateAs: expected Values or KeysAndValues, got "Value"; did you mean "Values"?',
    ],
    ['an unknown policy', 'mergePolicy: Overwrite', 'mergePolicy: expected Replace or Merge, got "Overwrite"'],
    ['an invalid label', 'metadata: {labels: {-a: x}}', `metadata.labels.-a: ${name}`],
    [
      'a label that is too long',
      `metadata: {labels: {${'a'.repeat(64)}: x}}`,
      `metadata.labels.${'a'.repeat(64)}: ${name}`,
    ],
    [
      'a reserved label',
      'metadata: {labels: {alibabacloud.com/managed-by: x}}',
      'metadata.labels.alibabacloud.com/managed-by: cannot be set: alibabacloud.com/ is reserved for the operator',
    ],
    [
      'a reserved annotation',
      'metadata: {annotations: {alibabacloud.com/provenance: x}}',
      'metadata.annotations.alibabacloud.com/provenance: cannot be set: alibabacloud.com/ is reserved for the operator',
    ],
    [
      'the annotation of a ServiceAccount token',
      'metadata: {annotations: {kubernetes.io/service-account.name: x}}',
      'metadata.annotations.kubernetes.io/service-account.name: cannot be set: Kubernetes would write a ServiceAccount token into the Secret',
    ],
    ['a finalizer', 'metadata: {finalizers: [x]}', 'metadata.finalizers: unknown field'],
    ['another engine', 'engineVersion: v1', 'engineVersion: unknown field'],
  ])('%s', (_what, template, problem) => {
    const result = resultOf(template)
    const [first] = result.ok ? [] : result.problems
    expect(`${first?.field}: ${first?.message}`).toBe(`spec.target.template.${problem}`)
  })
})

describe('names of labels and annotations', () => {
  it.each([
    ['a', true],
    ['A.b_C-9', true],
    ['example.com/a', true],
    [`${'a'.repeat(253)}/a`, true],
    ['', false],
    ['a/', false],
    ['/a', false],
    ['a/b/c', false],
    ['Example.com/a', false],
    ['a b', false],
    [`${'a'.repeat(254)}/a`, false],
    ['__proto__', false],
  ])('name %s: %s', (name, ok) => expect(whyNotMetadataName(name) === undefined).toBe(ok))

  it.each([
    ['', true],
    ['a', true],
    ['a.b_c-9', true],
    ['a'.repeat(63), true],
    ['a'.repeat(64), false],
    ['-a', false],
    ['a\n', false],
    ['ä', false],
  ])('value %j: %s', (value, ok) => expect(isLabelValue(value)).toBe(ok))
})
