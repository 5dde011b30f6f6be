import { WHAT_HAPPENS, type SituationTable } from './situation-table.ts'

/** What was read, or asked for, cannot be written. */
export const WRONG_CONTENT = {
  ...WHAT_HAPPENS,
  title: 'What is asked for or read makes no Secret',
  about: 'Nothing is written, until it can be written as a whole.',
  rows: {
    'bad-rule': {
      situation: 'the spec has a regular expression that cannot be compiled',
      secret: 'is kept',
      ready: 'False `InvalidSpec`, which names the field; nothing is read',
      next: 'at once when the spec changes',
    },
    'bad-path': {
      situation: 'the spec has a `jmesPath` that cannot be compiled',
      secret: 'is kept',
      ready: 'False `InvalidSpec`, which names the field; nothing is read',
      next: 'at once when the spec changes',
    },
    'bad-interval': {
      situation: 'the spec has a `rotationInterval` that is no duration',
      secret: 'is kept',
      ready: 'stays as it is: the API server refuses the change and names the field',
      next: 'at the interval',
    },
    'bad-key': {
      situation: 'the spec names a key that no Secret can have',
      secret: 'is kept',
      ready: 'stays as it is: the API server refuses the change and names the field',
      next: 'at the interval',
    },
    'bad-alias': {
      situation: 'the path of a `jmesPath` without `objectAlias` would be a key that no Secret can have',
      secret: 'is kept',
      ready: 'False `InvalidSpec`, which names the field; nothing is read',
      next: 'at once when the spec changes',
    },
    'spec-collision': {
      situation: 'two entries of the spec give one key',
      secret: 'is kept',
      ready: 'False `InvalidSpec`, which names both fields; nothing is read',
      next: 'at once when the spec changes',
    },
    'data-collision': {
      situation: 'two documents give one key, which only their members tell',
      secret: 'is kept',
      ready: 'False `DuplicateKey`, which names the key and both secrets',
      next: 'at the interval',
    },
    'path-finds-nothing': {
      situation: 'a `jmesPath` finds nothing in the document',
      secret: 'is not created, or keeps the keys of that secret: never the whole document instead',
      ready: 'False `PathNotFound`, which names the path',
      next: 'at the interval',
    },
    'no-document': {
      situation: 'a value is no JSON or YAML document where one is needed',
      secret: 'is kept',
      ready: 'False `NotADocument`, which names the secret',
      next: 'at the interval',
    },
    'no-text': {
      situation: 'a value is not UTF-8 where a document is needed, whatever its `dataType`',
      secret: 'is kept',
      ready: 'False `NotADocument`, which names the secret',
      next: 'at the interval',
    },
    'illegal-member': {
      situation: 'a member of a document cannot be a key of a Secret',
      secret: 'is kept; nothing is written, of other secrets neither',
      ready: 'False `InvalidKey`, which names the field and the place of the member',
      next: 'at the interval',
    },
    'type-lacks-key': {
      situation: 'the type of the Secret demands a key that is not there',
      secret: 'is not created',
      ready: 'False `InvalidForType`, which names type and key',
      next: 'at the interval',
    },
    'type-malformed': {
      situation: 'the type of the Secret demands another content of a key',
      secret: 'is kept',
      ready: 'False `InvalidForType`, which names type and key',
      next: 'at the interval',
    },
    'too-large': {
      situation: 'the Secret would be larger than 1 MiB',
      secret: 'is kept',
      ready: 'False `TooLarge`, which tells both sizes',
      next: 'at the interval',
    },
    'no-data': {
      situation: 'nothing is left to write',
      secret: 'is kept',
      ready: 'False `NoData`',
      next: 'at the interval',
    },
  },
} as const satisfies SituationTable
