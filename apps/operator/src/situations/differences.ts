import type { SituationTable } from './situation-table.ts'

/** Where we differ from the Go operator on purpose. */
export const DIFFERENCES = {
  title: 'Where the Go operator does otherwise',
  about:
    'Manifests of the Go operator apply unchanged and give the same Secret, but for these cases. [Values](values.md) compares what is written form by form, [the guide](../guides/migrate-from-ack-secret-manager.md) tells how to move.',
  columns: { what: 'What', upstream: 'The Go operator', here: 'Here' },
  named: ['what'],
  rows: {
    'path-lost': {
      what: 'a `jmesPath` finds nothing',
      upstream: 'writes the whole document under that key',
      here: 'the key fails with `PathNotFound`, and its last value stays',
    },
    'rule-values': {
      what: '`replaceRule`',
      upstream: 'rewrites values as well (v0.6)',
      here: 'renames keys, and nothing else',
    },
    numbers: {
      what: 'a document in JSON with numbers, marks and nested values',
      upstream: 'reads it as YAML: `5432` and a line break, `1e+06`, big integers rounded, `<` as `\\u003c`',
      here: 'a scalar is the text that it is written in, without a line break; nested values are compact JSON',
    },
    yaml: {
      what: '`extract` of a document in YAML',
      upstream: '`0123` becomes `83`; nested values come out in another order',
      here: 'the text of the scalar; `null` as it is written; nested values as compact JSON in the document’s order, with merge keys `<<` applied',
    },
    unowned: {
      what: 'a Secret of that name exists and is nobody’s',
      upstream: 'is overwritten, and deleted with the ExternalSecret',
      here: 'is not touched (`TargetConflict`), and stays when the ExternalSecret goes',
    },
    retained: {
      what: 'the ExternalSecret is deleted, and the Secret is to stay',
      upstream: 'the Secret is always deleted',
      here: '`deletionPolicy: Retain` keeps it',
    },
    'first-partial': {
      what: 'the first time, and one of several secrets cannot be read',
      upstream: 'a Secret that lacks keys is created',
      here: 'none is created until it is whole',
    },
    'no-identity': {
      what: 'a store that names no identity, and an operator that has none',
      upstream: 'takes the RAM role of the node',
      here: '`AuthenticationFailed` with what to set; the node is not asked',
    },
    'worker-role': {
      what: 'a store that names the RAM role of the node',
      upstream: 'has no such field; the role is taken for want of anything else',
      here: '`AuthenticationFailed` until `--enable-worker-role` is set; the node is not asked',
    },
    'label-on-write': {
      what: 'a value changes',
      upstream: 'the label `lastUpdatedAt` gets another value at each write (v0.5), which GitOps tools take for drift',
      here: 'no label and no annotation tells a time',
    },
    binary: {
      what: 'a binary secret at the endpoint of a KMS instance',
      upstream: 'cannot be read',
      here: 'is written byte for byte',
    },
    'template-key': {
      what: 'a template names a key that was not read',
      upstream: 'writes `<no value>`',
      here: '`TemplateError` naming template, line and key; nothing is written',
    },
    'template-label': {
      what: 'a template gives a label or an annotation whose name cannot be',
      upstream: 'leaves it out',
      here: '`TemplateError` naming the template; nothing is written',
    },
    'two-identities': {
      what: 'the environment configures two identities of the operator',
      upstream: 'the first in a certain order is used',
      here: 'the operator does not start, and names both',
    },
  },
} as const satisfies SituationTable
