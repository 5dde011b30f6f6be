import { WHAT_HAPPENS, type SituationTable } from './situation-table.ts'

/** What KMS may answer instead of a value. */
export const SOURCES_FAIL = {
  ...WHAT_HAPPENS,
  title: 'KMS gives no value',
  about:
    'What KMS has decided is asked again at the interval. What may pass by itself is asked again with growing pauses, and the last value is trusted for three intervals.',
  rows: {
    'not-found': {
      situation: 'the secret is deleted in KMS, or was never there',
      secret: 'keeps the last value',
      ready: 'False `SecretNotFound`',
      next: 'at the interval',
    },
    denied: {
      situation: 'RAM denies the read',
      secret: 'is kept',
      ready: 'False `AccessDenied`; action, resource and identity are named',
      next: 'at the interval',
    },
    'never-reached': {
      situation: 'KMS cannot be reached, and never could',
      secret: 'is not created',
      ready: 'False `Unavailable`',
      next: 'again soon, whatever the interval',
    },
    'outage-young': {
      situation: 'KMS throttles, answers 503 or no JSON, or cuts the connection, for less than three intervals',
      secret: 'is kept',
      ready: 'stays True, and is not written',
      next: 'with growing pauses',
    },
    'outage-old': {
      situation: 'the same for longer than three intervals',
      secret: 'is kept',
      ready: 'False `Stale`, with the failure',
      next: 'with growing pauses',
    },
    timeout: {
      situation: 'KMS takes the request and does not answer',
      secret: 'is kept',
      ready: 'True until the value is older than three intervals, then False `Stale`',
      next: 'given up after ten seconds, then asked again',
    },
    'retry-after': {
      situation: 'KMS asks to be left alone for some time (`Retry-After`)',
      secret: 'is kept',
      ready: 'True until the value is older than three intervals, then False `Stale`',
      next: 'when that time is over, whatever the interval',
    },
    'outage-over': {
      situation: 'an outage is over, and the value is as before',
      secret: 'is kept',
      ready: 'True `Synced` again',
      next: 'at the interval',
    },
  },
} as const satisfies SituationTable
