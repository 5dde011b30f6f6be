import { WHAT_HAPPENS, type ScenarioTable } from '../scenario-table.ts'

/** Successful reads with and without changes. */
export const VALUES_CHANGE = {
  ...WHAT_HAPPENS,
  title: 'Reads succeed',
  about: 'Each secret is read at its interval. An unchanged secret costs one read and no call of the API server.',
  rows: {
    unchanged: {
      scenario: 'all secrets can be read and nothing has changed',
      secret: 'is not written; the resource is not reconciled, and the API server is not called',
      ready: 'unchanged and not written',
      next: 'at the interval',
    },
    'value-changed': {
      scenario: 'a value has changed',
      secret: 'is written once; the event `Synced` names the version',
      ready: 'True `Synced`',
      next: 'at the interval',
    },
    'rolled-back': {
      scenario: 'a user moves the stage back to an older version',
      secret: 'is written once, after a second read confirms it, because a replica of KMS may lag',
      ready: 'True `Synced`',
      next: 'five seconds after the first read of the older version, then at the interval',
    },
    'member-gone': {
      scenario: 'a member is removed from an extracted document',
      secret: 'loses that key, because the document is the source of truth; the event names the key',
      ready: 'True `Synced`',
      next: 'at the interval',
    },
  },
} as const satisfies ScenarioTable
