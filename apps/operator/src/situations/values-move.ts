import { WHAT_HAPPENS, type SituationTable } from './situation-table.ts'

/** All is well, and values move. */
export const VALUES_MOVE = {
  ...WHAT_HAPPENS,
  title: 'All is well',
  about: 'Each secret is read at its interval. What has not changed costs a read and nothing else.',
  rows: {
    unchanged: {
      situation: 'all secrets could be read, and nothing has changed',
      secret: 'is not touched; nobody looks at the resource, and nothing asks the API server',
      ready: 'stays as it is, and is not written',
      next: 'at the interval',
    },
    'value-changed': {
      situation: 'a value has changed',
      secret: 'is written once; the event `Synced` names the version',
      ready: 'True `Synced`',
      next: 'at the interval',
    },
    'rolled-back': {
      situation: 'a user has moved the stage back to an older version',
      secret: 'is written once, after a second read that confirms it: one replica of KMS may lag',
      ready: 'True `Synced`',
      next: 'five seconds after the first read of the older version, then at the interval',
    },
    'member-gone': {
      situation: 'a document whose members are extracted has lost one of them',
      secret: 'loses that key, because the document is the truth; the event names it',
      ready: 'True `Synced`',
      next: 'at the interval',
    },
  },
} as const satisfies SituationTable
