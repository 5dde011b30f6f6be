import type { ScenarioTable } from '../scenario-table.ts'

/** Changes made while no operator runs, which the next start handles. */
export const OPERATOR_DOWNTIME = {
  title: 'While no operator runs',
  about:
    'Secrets stay while no operator runs, and no finalizer blocks a deletion. The operator finds the changes when it starts.',
  columns: { scenario: 'Scenario', becomes: 'The Secret' },
  named: ['scenario'],
  rows: {
    'away-merge': {
      scenario: 'an ExternalSecret with `creationPolicy: Merge` is deleted',
      becomes: 'loses the managed keys at the next start; the keys of others stay',
    },
    'away-moved': {
      scenario: 'its `target.name` changes',
      becomes: 'of the new name is created at the next start, then the Secret of the former name is deleted',
    },
    'away-retain': {
      scenario: 'an ExternalSecret with `deletionPolicy: Retain` is deleted and created again',
      becomes: 'is owned again; it is not written if it is up to date',
    },
  },
} as const satisfies ScenarioTable
