import { WHAT_HAPPENS, type ScenarioTable } from '../scenario-table.ts'

/** Failures of KMS reads. */
export const SOURCES_FAIL = {
  ...WHAT_HAPPENS,
  title: 'KMS returns no value',
  about:
    'Permanent failures are retried at the interval. Transient failures are retried with backoff, and the last value counts as current for three intervals.',
  rows: {
    'not-found': {
      scenario: 'the secret does not exist in KMS, or was deleted',
      secret: 'keeps the last value',
      ready: 'False `SecretNotFound`',
      next: 'at the interval',
    },
    denied: {
      scenario: 'RAM denies the read',
      secret: 'is kept',
      ready: 'False `AccessDenied`, with action, resource and identity',
      next: 'at the interval',
    },
    'never-reached': {
      scenario: 'KMS has been unreachable from the start',
      secret: 'is not created',
      ready: 'False `Unavailable`',
      next: 'retried soon, independent of the interval',
    },
    'outage-young': {
      scenario: 'KMS throttles, answers 503 or invalid JSON, or resets the connection, for less than three intervals',
      secret: 'is kept',
      ready: 'stays True and is not written',
      next: 'retried with backoff',
    },
    'outage-old': {
      scenario: 'the same for longer than three intervals',
      secret: 'is kept',
      ready: 'False `Stale`, with the failure',
      next: 'retried with backoff',
    },
    timeout: {
      scenario: 'KMS accepts the request and does not respond',
      secret: 'is kept',
      ready: 'True until the value is older than three intervals, then False `Stale`',
      next: 'cancelled after ten seconds, then retried',
    },
    'retry-after': {
      scenario: 'KMS asks clients to wait (`Retry-After`)',
      secret: 'is kept',
      ready: 'True until the value is older than three intervals, then False `Stale`',
      next: 'after that time, independent of the interval',
    },
    'outage-over': {
      scenario: 'an outage ends and the value is unchanged',
      secret: 'is kept',
      ready: 'True `Synced` again',
      next: 'at the interval',
    },
  },
} as const satisfies ScenarioTable
