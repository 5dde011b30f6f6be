import type { SituationTable } from './situation-table.ts'

/** What the operator makes good that happened while it was away. */
export const AWAY = {
  title: 'While no operator runs',
  about:
    'Nothing waits for the operator, and the Secrets stay. What has happened in the meantime is found when it starts.',
  columns: { situation: 'Situation', becomes: 'The Secret' },
  named: ['situation'],
  rows: {
    'away-merge': {
      situation: 'an ExternalSecret with `creationPolicy: Merge` is deleted',
      becomes: 'loses its keys at the start; the keys of others stay',
    },
    'away-moved': {
      situation: 'its `target.name` changes',
      becomes: 'of the new name is created at the start, then that of the former name is deleted',
    },
    'away-retain': {
      situation: 'an ExternalSecret with `deletionPolicy: Retain` is deleted and created again',
      becomes: 'is its own again; nothing is written where it is up to date',
    },
  },
} as const satisfies SituationTable
