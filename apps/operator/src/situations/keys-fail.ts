import { WHAT_HAPPENS, type SituationTable } from './situation-table.ts'

/** Some of what a resource reads cannot be had. */
export const KEYS_FAIL = {
  ...WHAT_HAPPENS,
  title: 'Some secrets or keys cannot be read',
  about:
    'Keys that were not read are no part of a write: they keep what they hold. All keys of one secret move together.',
  rows: {
    'one-gone': {
      situation: 'one of several secrets cannot be read',
      secret: 'the keys of the others are written, those of the failed one keep their last values',
      ready: 'False `Degraded`; each failed secret is named, with its own reason',
      next: 'each secret as its own reason says',
    },
    'one-away': {
      situation: 'KMS does not answer for one of several secrets, for longer than three intervals',
      secret: 'the keys of the others are written, those of the failed one keep their last values',
      ready: 'True at first, then False `Degraded`, which names the secret and `Stale`',
      next: 'that secret after pauses of its own, the others at their interval',
    },
    'one-gone-block': {
      situation: 'one of several secrets cannot be read, and `onKeyFailure` is `Block`',
      secret: 'nothing is written, however much the others change',
      ready: 'False `Degraded`; the failed secret is named',
      next: 'each secret as its own reason says',
    },
    'optional-gone': {
      situation: 'a secret that is `optional` does not exist any more',
      secret: 'its key stays at the first NotFound and leaves at the second, 10 s or more later',
      ready: 'True `Synced`',
      next: '15 s after the first NotFound',
    },
    'all-gone': {
      situation: 'no secret can be read, all for one reason',
      secret: 'is kept',
      ready: 'False, that reason; each secret is named',
      next: 'as that reason says',
    },
    'all-differ': {
      situation: 'no secret can be read, for different reasons',
      secret: 'is kept',
      ready: 'False `Degraded`; each secret is named, with its own reason',
      next: 'each secret as its own reason says',
    },
    'path-gone': {
      situation: 'one path of a document finds nothing any more, the others do',
      secret: 'all keys of that document keep the last version: they move together or not at all',
      ready: 'False `PathNotFound`, the path is named',
      next: 'at the interval',
    },
    'path-gone-beside': {
      situation: 'the same beside another secret that can be read',
      secret: 'all keys of that document keep the last version, the key of the other secret is written',
      ready: 'False `Degraded`, which names the document and `PathNotFound`',
      next: 'at the interval',
    },
    'first-fails': {
      situation: 'the only secret cannot be read, and there is no Secret yet',
      secret: 'is not created',
      ready: 'False, the reason of that secret',
      next: 'as that reason says: soon, whatever the interval, where it may pass by itself',
    },
    'first-fails-beside': {
      situation: 'one of several secrets cannot be read, and there is no Secret yet',
      secret: 'is not created until all keys are there',
      ready: 'False `Degraded`; the failed secret is named, with its own reason',
      next: 'as that reason says: soon, whatever the interval, where it may pass by itself',
    },
    'key-gained': {
      situation: 'the spec gains a key that cannot be read',
      secret: 'the other keys are written, the new one is absent until it can be read',
      ready: 'False `Degraded`; the failed secret is named, with its own reason',
      next: 'as that reason says: soon, whatever the interval, where it may pass by itself',
    },
    'other-named': {
      situation: 'the spec names another secret instead, perhaps misspelt, that cannot be read',
      secret: 'is kept, whatever its keys would have been called',
      ready: 'False, the reason of that secret, which is named',
      next: 'as that reason says; once it can be read, the keys of the former secret go',
    },
    'other-named-beside': {
      situation: 'the same for one of several secrets',
      secret:
        'the key of the other secret is written, all keys of the former one stay until it is known what takes their place',
      ready: 'False `Degraded`; the failed secret is named, with its own reason',
      next: 'as that reason says; once it can be read, the keys of the former secret go',
    },
    'template-input': {
      situation: 'one input of a templated Secret cannot be read',
      secret: 'nothing is written: what is rendered cannot be carried forward key by key',
      ready: 'False `Degraded`; the failed secret is named, with its own reason',
      next: 'as that reason says; rendered anew, all at once, as soon as every input is there',
    },
  },
} as const satisfies SituationTable
