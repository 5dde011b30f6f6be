import type { ScenarioTable } from '../scenario-table.ts'

/** Behavior with polling disabled. */
export const WITHOUT_POLLING = {
  title: 'With `--disable-polling`',
  about: 'The operator then reads a secret only after a change of a resource, whatever `rotationInterval` says.',
  columns: { scenario: 'Scenario', here: 'Here' },
  named: ['scenario'],
  rows: {
    'off-first': {
      scenario: 'an ExternalSecret is new',
      here: 'each of its secrets is read once, and the Secret is created',
    },
    'off-rotated': {
      scenario: 'a value changes in KMS and `rotationInterval` is one second',
      here: 'nothing is read and the Secret stays unchanged',
    },
    'off-outage': {
      scenario: 'the first read of a secret gets no response',
      here: 'the read is retried until it succeeds; then the Secret is created',
    },
    'off-spec': {
      scenario: 'the ExternalSecret changes',
      here: 'the added secrets are read and the Secret is written',
    },
    'off-refresh': {
      scenario: 'the annotation `alibabacloud.com/refresh-now` gets another value',
      here: 'all of its secrets are read and the Secret is updated',
    },
    'off-drift': {
      scenario: 'the Secret is edited or deleted by hand',
      here: 'the Secret is restored at once from a fresh read, with the event `DriftCorrected`',
    },
  },
} as const satisfies ScenarioTable
