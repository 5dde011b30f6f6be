import { WHAT_HAPPENS, type SituationTable } from './situation-table.ts'

/** The operator, or the API server, comes and goes. */
export const LIFE = {
  ...WHAT_HAPPENS,
  title: 'The operator or the API server comes and goes',
  about: 'What is to be done is found in the objects themselves, whenever the operator comes.',
  rows: {
    'restart-equal': {
      situation: 'the operator is restarted, and nothing has changed',
      secret: 'is not written',
      ready: 'stays as it is, and is not written; no event',
      next: 'each secret is read once, then at its interval',
    },
    'restart-changed': {
      situation: 'the operator is restarted, and a value has changed meanwhile',
      secret: 'is written once',
      ready: 'stays True',
      next: 'at the interval',
    },
    'restart-new': {
      situation: 'the operator is restarted, and there is a new ExternalSecret',
      secret: 'is created before others are looked at again',
      ready: 'True `Synced`',
      next: 'at the interval',
    },
    'api-away': {
      situation: 'the API server cannot be reached',
      secret: 'is unchanged; what is to be written follows, once, when the API server is back',
      ready: 'unchanged, then as it should be',
      next: 'reads go on; the write is tried again until it succeeds, also after a 403 in the first 30 seconds',
    },
  },
} as const satisfies SituationTable
