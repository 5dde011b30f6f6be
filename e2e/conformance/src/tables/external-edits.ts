import { WHAT_HAPPENS, type ScenarioTable } from '../scenario-table.ts'

/** Other clients change managed Secrets, or deny writes of them. */
export const EXTERNAL_EDITS = {
  ...WHAT_HAPPENS,
  title: 'Other clients change or block the Secret',
  about: 'The operator restores the keys that it manages and changes nothing else.',
  rows: {
    edited: {
      scenario: 'another client edits a managed key of the Secret',
      secret: 'is restored at once from a fresh read, with the event `DriftCorrected`',
      ready: 'stays True',
      next: 'at the interval',
    },
    deleted: {
      scenario: 'another client deletes the Secret',
      secret: 'is restored at once from a fresh read, with the event `DriftCorrected`',
      ready: 'stays True',
      next: 'at the interval',
    },
    'edited-away': {
      scenario: 'another client edits a managed key while KMS is unreachable',
      secret: 'is restored when KMS is back',
      ready: 'False `Unavailable` until then',
      next: 'retried soon, independent of the interval',
    },
    'deleted-away': {
      scenario: 'another client deletes the Secret while KMS does not respond for one of its secrets',
      secret: 'is restored with all keys when KMS is back',
      ready: 'False `Degraded` until then, which names the secret and `Unavailable`',
      next: 'retried soon, independent of the interval',
    },
    'generated-edited': {
      scenario: 'another client edits a key of `generate`',
      secret: 'keeps the edit, which is the new value',
      ready: 'stays True, with an event that names the key',
      next: 'at the rotation, which counts from the edit',
    },
    'generated-lost': {
      scenario: 'another client removes a key of `generate`, six times',
      secret: 'gets a new value five times; other keys are written as before',
      ready: 'False `Degraded` after that, with the key and what to do',
      next: 'after a day, a change of the spec, or of `refresh-now`',
    },
    controlled: {
      scenario: 'a Secret of that name exists and belongs to another controller',
      secret: 'is not changed',
      ready: 'False `TargetConflict`, with the name of the owner',
      next: 'within seconds of a change of the Secret; until then KMS is read at the interval only',
    },
    'controlled-adopt': {
      scenario: 'the Secret to adopt belongs to another controller',
      secret: 'is not changed',
      ready: 'False `TargetConflict`, with the name of the owner',
      next: 'within seconds of a change of the Secret; until then KMS is read at the interval only',
    },
    'write-denied': {
      scenario: 'an admission webhook, a policy or a quota denies the write of the Secret',
      secret: 'keeps its last values',
      ready: 'False `WriteFailed`, which names the webhook and repeats none of its text',
      next: 'after a change, and with a backoff of up to five minutes',
    },
    'write-fails': {
      scenario: 'the Secret cannot be written, for example because an admission webhook is unavailable; statuses can',
      secret: 'keeps its last values and is written as soon as possible',
      ready: 'unchanged for two minutes, then False `WriteFailed` until the write succeeds',
      next: 'retried soon, with backoff',
    },
    suspended: {
      scenario: '`suspend` is true',
      secret: 'is not changed, and edits of other clients stay',
      ready: 'False `Suspended`; nothing is read',
      next: 'at once when it is false again',
    },
    'not-watched': {
      scenario: 'the namespace is not watched',
      secret: 'is not created or changed',
      ready: 'no status, no event; nothing is read',
      next: 'never',
    },
  },
} as const satisfies ScenarioTable
