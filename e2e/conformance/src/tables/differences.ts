import type { ScenarioTable } from '../scenario-table.ts'

/** Intended differences from the Go operator. */
export const DIFFERENCES = {
  title: 'Differences from the Go operator',
  about:
    'Manifests of the Go operator apply unchanged and give the same Secret, except in these cases. [Values](values.md) compares the written values in detail; [the guide](../guides/migrate-from-ack-secret-manager.md) describes the migration.',
  columns: { what: 'What', upstream: 'The Go operator', here: 'Here' },
  named: ['what'],
  rows: {
    'path-lost': {
      what: 'a `jmesPath` finds nothing',
      upstream: 'writes the whole document under that key',
      here: 'the key fails with `PathNotFound` and keeps its last value',
    },
    'rule-values': {
      what: '`replaceRule`',
      upstream: 'rewrites values as well (v0.6)',
      here: 'renames keys only',
    },
    numbers: {
      what: 'a JSON document with numbers, special characters and nested values',
      upstream: 'parses it as YAML: `5432` with a line break, `1e+06`, big integers rounded, `<` as `\\u003c`',
      here: 'a scalar keeps its text, without a line break; nested values are compact JSON',
    },
    yaml: {
      what: '`extract` of a document in YAML',
      upstream: '`0123` becomes `83`; nested values change their order',
      here: 'the text of the scalar, including `null`; nested values as compact JSON in document order, with merge keys `<<` applied',
    },
    unowned: {
      what: 'an unowned Secret of that name exists',
      upstream: 'is overwritten, and deleted with the ExternalSecret',
      here: 'is not changed (`TargetConflict`) and stays when the ExternalSecret is deleted',
    },
    retained: {
      what: 'the ExternalSecret is deleted and the Secret must stay',
      upstream: 'the Secret is always deleted',
      here: '`deletionPolicy: Retain` keeps it',
    },
    'first-partial': {
      what: 'one of several secrets cannot be read at the first sync',
      upstream: 'an incomplete Secret is created',
      here: 'no Secret is created until all keys can be written',
    },
    'no-identity': {
      what: 'a store names no identity and the operator has none',
      upstream: 'uses the RAM role of the node',
      here: '`AuthenticationFailed`, and the message names the settings; the metadata service is not called',
    },
    'worker-role': {
      what: 'a store names the RAM role of the node',
      upstream: 'has no such field; the role is the fallback when no other identity is set',
      here: '`AuthenticationFailed` until `--enable-worker-role` is set; the metadata service is not called',
    },
    'label-on-write': {
      what: 'a value changes',
      upstream: 'the label `lastUpdatedAt` changes with each write (v0.5), which GitOps tools report as drift',
      here: 'no label or annotation contains a time',
    },
    binary: {
      what: 'a binary secret at the endpoint of a KMS instance',
      upstream: 'cannot be read',
      here: 'is written unchanged',
    },
    'template-key': {
      what: 'a template uses a key that was not read',
      upstream: 'writes `<no value>`',
      here: '`TemplateError` with template, line and key; nothing is written',
    },
    'template-label': {
      what: 'a template produces a label or annotation with an invalid name',
      upstream: 'omits it',
      here: '`TemplateError` with the name of the template; nothing is written',
    },
    'two-identities': {
      what: 'the environment configures two identities of the operator',
      upstream: 'uses the first one in a fixed order',
      here: 'the operator exits with an error that names both',
    },
  },
} as const satisfies ScenarioTable
