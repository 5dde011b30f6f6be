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
      next: 'when the spec changes',
    },
    'controlled-adopt': {
      situation: 'the Secret that is to be adopted is another controller’s',
      secret: 'is not touched',
      ready: 'False `TargetConflict`, which names the owner',
      next: 'when the spec changes',
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
