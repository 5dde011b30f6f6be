import { WHAT_HAPPENS, type ScenarioTable } from '../scenario-table.ts'

/** Restarts of the operator and outages of the API server. */
export const LIFECYCLE = {
  ...WHAT_HAPPENS,
  title: 'The operator restarts or the API server is unavailable',
  about: 'The operator keeps no state outside the cluster: after a start it derives all work from the objects.',
  rows: {
    'restart-equal': {
      scenario: 'the operator restarts and nothing has changed',
      secret: 'is not written',
      ready: 'unchanged and not written; no event',
      next: 'each secret is read once, then at its interval',
    },
    'restart-changed': {
      scenario: 'the operator restarts and a value has changed meanwhile',
      secret: 'is written once',
      ready: 'stays True',
      next: 'at the interval',
    },
    'restart-new': {
      scenario: 'the operator restarts and there is a new ExternalSecret',
      secret: 'is created before other resources are reconciled again',
      ready: 'True `Synced`',
      next: 'at the interval',
    },
    'api-away': {
      scenario: 'the API server is unreachable',
      secret: 'unchanged; a pending change is written once when the API server is back',
      ready: 'unchanged, then updated',
      next: 'reads continue; the write is retried until it succeeds, also after a 403 in the first 30 seconds',
    },
  },
} as const satisfies ScenarioTable
