import { WHAT_HAPPENS, type ScenarioTable } from '../scenario-table.ts'

/** Some secrets or keys of a resource cannot be read. */
export const KEYS_FAIL = {
  ...WHAT_HAPPENS,
  title: 'Some secrets or keys cannot be read',
  about:
    'Keys that could not be read are not part of a write and keep their values. All keys of one secret change together.',
  rows: {
    'one-gone': {
      scenario: 'one of several secrets cannot be read',
      secret: 'the keys of the others are written, those of the failed one keep their last values',
      ready: 'False `Degraded`; each failed secret is named, with its own reason',
      next: 'each secret is retried according to its own reason',
    },
    'one-away': {
      scenario: 'KMS does not respond for one of several secrets, for longer than three intervals',
      secret: 'the keys of the others are written, those of the failed one keep their last values',
      ready: 'True at first, then False `Degraded`, which names the secret and `Stale`',
      next: 'that secret is retried with its own backoff, the others are read at their interval',
    },
    'one-gone-block': {
      scenario: 'one of several secrets cannot be read, and `onKeyFailure` is `Block`',
      secret: 'is not written, even if the other secrets change',
      ready: 'False `Degraded`; the failed secret is named',
      next: 'each secret is retried according to its own reason',
    },
    'optional-gone': {
      scenario: 'an `optional` secret no longer exists',
      secret: 'its key stays after the first NotFound and is removed after the second, 10 s or more later',
      ready: 'True `Synced`',
      next: '15 s after the first NotFound',
    },
    'all-gone': {
      scenario: 'no secret can be read, all with the same reason',
      secret: 'is kept',
      ready: 'False, that reason; each secret is named',
      next: 'retried according to that reason',
    },
    'all-differ': {
      scenario: 'no secret can be read, with different reasons',
      secret: 'is kept',
      ready: 'False `Degraded`; each secret is named, with its own reason',
      next: 'each secret is retried according to its own reason',
    },
    'path-gone': {
      scenario: 'one path of a document no longer matches, the others do',
      secret: 'all keys of that document keep the last version: they change together or not at all',
      ready: 'False `PathNotFound`, the path is named',
      next: 'at the interval',
    },
    'path-gone-and-other': {
      scenario: 'the same, and another secret can be read',
      secret: 'all keys of that document keep the last version, the key of the other secret is written',
      ready: 'False `Degraded`, which names the document and `PathNotFound`',
      next: 'at the interval',
    },
    'first-fails': {
      scenario: 'the only secret cannot be read, and there is no Secret yet',
      secret: 'is not created',
      ready: 'False, the reason of that secret',
      next: 'retried according to that reason: soon and independent of the interval if the failure is transient',
    },
    'first-fails-and-other': {
      scenario: 'one of several secrets cannot be read, and there is no Secret yet',
      secret: 'is not created until all keys are there',
      ready: 'False `Degraded`; the failed secret is named, with its own reason',
      next: 'retried according to that reason: soon and independent of the interval if the failure is transient',
    },
    'key-gained': {
      scenario: 'a key that cannot be read is added to the spec',
      secret: 'the other keys are written; the new key is absent until it can be read',
      ready: 'False `Degraded`; the failed secret is named, with its own reason',
      next: 'retried according to that reason: soon and independent of the interval if the failure is transient',
    },
    'other-named': {
      scenario: 'the spec names another secret, possibly misspelt, that cannot be read',
      secret: 'is kept, whatever the names of the new keys are',
      ready: 'False, the reason of that secret, which is named',
      next: 'retried according to that reason; once it can be read, the keys of the former secret are removed',
    },
    'renamed-and-other': {
      scenario: 'the same for one of several secrets',
      secret:
        'the key of the other secret is written, all keys of the former one stay until the secret that replaces it can be read',
      ready: 'False `Degraded`; the failed secret is named, with its own reason',
      next: 'retried according to that reason; once it can be read, the keys of the former secret are removed',
    },
    'template-input': {
      scenario: 'one input of a templated Secret cannot be read',
      secret: 'is not written, because rendered keys cannot be kept one by one',
      ready: 'False `Degraded`; the failed secret is named, with its own reason',
      next: 'retried according to that reason; all templates are rendered together once every input can be read',
    },
  },
} as const satisfies ScenarioTable
