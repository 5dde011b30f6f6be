import { WHAT_HAPPENS, type SituationTable } from './situation-table.ts'

/** Others change what is ours, or forbid it. */
export const OUTSIDE = {
  ...WHAT_HAPPENS,
  title: 'Others change things',
  about: 'Our keys are ours, everything else is not.',
  rows: {
    edited: {
      situation: 'somebody edits a key of ours in the Secret',
      secret: 'is restored at once, from a fresh read; the event is `DriftCorrected`',
      ready: 'stays True',
      next: 'at the interval',
    },
    deleted: {
      situation: 'somebody deletes the Secret',
      secret: 'is restored at once, from a fresh read; the event is `DriftCorrected`',
      ready: 'stays True',
      next: 'at the interval',
    },
    'edited-away': {
      situation: 'somebody edits a key of ours while KMS cannot be reached',
      secret: 'is restored when KMS is back',
      ready: 'False `Unavailable` until then',
      next: 'again soon, whatever the interval',
    },
    'deleted-away': {
      situation: 'somebody deletes the Secret while KMS does not answer for one of its secrets',
      secret: 'is restored when KMS is back, whole',
      ready: 'False `Degraded` until then, which names the secret and `Unavailable`',
      next: 'again soon, whatever the interval',
    },
    controlled: {
      situation: 'the Secret that is to be created is another controller’s',
      secret: 'is not touched',
      ready: 'False `TargetConflict`, which names the owner',
      next: 'within seconds of a change of the Secret; until then KMS is read at the interval, and not in between',
    },
    'controlled-adopt': {
      situation: 'the Secret that is to be adopted is another controller’s',
      secret: 'is not touched',
      ready: 'False `TargetConflict`, which names the owner',
      next: 'within seconds of a change of the Secret; until then KMS is read at the interval, and not in between',
    },
    'write-denied': {
      situation: 'an admission webhook, a policy or a quota does not let the Secret be written',
      secret: 'keeps its last values',
      ready: 'False `WriteFailed`, which names it and repeats none of its words',
      next: 'when something changes, and soon, with growing pauses of up to five minutes',
    },
    'write-fails': {
      situation: 'the Secret cannot be written, as where an admission webhook is away, and statuses can',
      secret: 'keeps its last values; the write follows as soon as it can be done',
      ready: 'unchanged for two minutes, then False `WriteFailed` until it is written',
      next: 'again soon, with growing pauses',
    },
    suspended: {
      situation: '`suspend` is true',
      secret: 'is left as it is, edits of others included',
      ready: 'False `Suspended`; nothing is read',
      next: 'at once when it is false again',
    },
    'not-watched': {
      situation: 'the namespace is not watched',
      secret: 'is not created, or left as it is',
      ready: 'no status at all, no event; nothing is read',
      next: 'never',
    },
  },
} as const satisfies SituationTable
