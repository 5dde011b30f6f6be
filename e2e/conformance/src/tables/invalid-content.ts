import { WHAT_HAPPENS, type ScenarioTable } from '../scenario-table.ts'

/** Specs and values that cannot be written. */
export const INVALID_CONTENT = {
  ...WHAT_HAPPENS,
  title: 'The spec or a value is invalid',
  about: 'Nothing is written until the whole Secret is valid.',
  rows: {
    'bad-rule': {
      scenario: 'a regular expression in the spec does not compile',
      secret: 'is kept',
      ready: 'False `InvalidSpec`, with the field; nothing is read',
      next: 'at once when the spec changes',
    },
    'bad-path': {
      scenario: 'a `jmesPath` in the spec does not compile',
      secret: 'is kept',
      ready: 'False `InvalidSpec`, with the field; nothing is read',
      next: 'at once when the spec changes',
    },
    'bad-interval': {
      scenario: 'the `rotationInterval` in the spec is not a duration',
      secret: 'is kept',
      ready: 'unchanged: the API server rejects the change and names the field',
      next: 'at the interval',
    },
    'bad-key': {
      scenario: 'a key in the spec is not valid in a Secret',
      secret: 'is kept',
      ready: 'unchanged: the API server rejects the change and names the field',
      next: 'at the interval',
    },
    'bad-alias': {
      scenario: 'a `jmesPath` without `objectAlias` has a path that is not a valid key',
      secret: 'is kept',
      ready: 'False `InvalidSpec`, with the field; nothing is read',
      next: 'at once when the spec changes',
    },
    'spec-collision': {
      scenario: 'two entries of the spec produce the same key',
      secret: 'is kept',
      ready: 'False `InvalidSpec`, with both fields; nothing is read',
      next: 'at once when the spec changes',
    },
    'data-collision': {
      scenario: 'members of two documents produce the same key',
      secret: 'is kept',
      ready: 'False `DuplicateKey`, with the key and both secrets',
      next: 'at the interval',
    },
    'path-finds-nothing': {
      scenario: 'a `jmesPath` matches nothing in the document',
      secret: 'is not created, or keeps the keys of that secret; the whole document is never written instead',
      ready: 'False `PathNotFound`, with the path',
      next: 'at the interval',
    },
    'no-document': {
      scenario: 'a value is not a JSON or YAML document although an entry needs one',
      secret: 'is kept',
      ready: 'False `NotADocument`, with the secret',
      next: 'at the interval',
    },
    'no-text': {
      scenario: 'a value is not UTF-8 although an entry needs a document, whatever its `dataType`',
      secret: 'is kept',
      ready: 'False `NotADocument`, with the secret',
      next: 'at the interval',
    },
    'illegal-member': {
      scenario: 'a member of a document is not a valid key of a Secret',
      secret: 'is kept; values of other secrets are not written either',
      ready: 'False `InvalidKey`, with the field and the position of the member',
      next: 'at the interval',
    },
    'type-lacks-key': {
      scenario: 'a key that the type of the Secret requires is missing',
      secret: 'is not created',
      ready: 'False `InvalidForType`, with type and key',
      next: 'at the interval',
    },
    'type-malformed': {
      scenario: 'the content of a key is invalid for the type of the Secret',
      secret: 'is kept',
      ready: 'False `InvalidForType`, with type and key',
      next: 'at the interval',
    },
    'too-large': {
      scenario: 'the Secret would be larger than 1 MiB',
      secret: 'is kept',
      ready: 'False `TooLarge`, with both sizes',
      next: 'at the interval',
    },
    'no-data': {
      scenario: 'no key is left to write',
      secret: 'is kept',
      ready: 'False `NoData`',
      next: 'at the interval',
    },
  },
} as const satisfies ScenarioTable
