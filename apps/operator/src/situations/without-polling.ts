import type { SituationTable } from './situation-table.ts'

/** What goes on where nothing is read by the clock. */
export const WITHOUT_POLLING = {
  title: 'With `--disable-polling`',
  about:
    'The operator then reads a secret when something happens to a resource, and never because time has passed, whatever `rotationInterval` says.',
  columns: { situation: 'Situation', here: 'Here' },
  named: ['situation'],
  rows: {
    'off-first': {
      situation: 'an ExternalSecret is new',
      here: 'each of its secrets is read once, and the Secret is created',
    },
    'off-rotated': {
      situation: 'a value changes in KMS, and `rotationInterval` is a second',
      here: 'nothing is read, and the Secret stays',
    },
    'off-outage': {
      situation: 'the first read of a secret gets no answer',
      here: 'it is tried again until it does, though nothing happens; then the Secret is created',
    },
    'off-spec': {
      situation: 'the ExternalSecret changes',
      here: 'what it names anew is read, and the Secret is written',
    },
    'off-refresh': {
      situation: 'the annotation `alibabacloud.com/refresh-now` gets another value',
      here: 'all of its secrets are read, and the Secret follows',
    },
    'off-drift': {
      situation: 'the Secret is edited or deleted by hand',
      here: 'it is restored at once from a fresh read, with the event `DriftCorrected`',
    },
  },
} as const satisfies SituationTable
