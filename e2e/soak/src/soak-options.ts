import { defineTool, KMS_LATENCY } from '@ack-secret-manager/testenv'

/** `npm run soak`. */
export const SOAK = defineTool({
  name: 'soak',
  description:
    'Runs the operator, from its bundle, under steady churn, and fails when it holds more at the end than at the start.',
  examples: [],
  note: 'Exit code: 0 no growth, 1 growth, 2 wrong usage.',
  flags: {
    resources: {
      kind: 'integer',
      min: '10',
      max: '100000',
      value: 'N',
      default: '2000',
      help: 'ExternalSecrets, and secrets at KMS',
    },
    minutes: {
      kind: 'number',
      value: 'M',
      default: '20',
      min: '0.2',
      max: '1440',
      help: 'length of the churn, 0.2 to 1440',
    },
    seed: { kind: 'integer', min: '0', max: '999999999', value: 'N', default: '1', help: 'seed of the operations' },
    rate: { kind: 'integer', min: '1', max: '1000', value: 'N', default: '20', help: 'operations per second' },
    interval: { kind: 'duration', default: '30s', help: 'polling interval, and length of the measured rest' },
    'latency-ms': KMS_LATENCY,
    snapshots: {
      kind: 'text',
      value: 'FOLDER',
      help: 'write the heap at the start and at the end, for the memory view of Chrome',
    },
  },
  scratch: true,
  options: ({ minutes, rate: perSecond, interval: intervalMs, 'latency-ms': latencyMs, ...others }) => ({
    ...others,
    durationMs: Math.round(minutes * 60_000),
    perSecond,
    intervalMs,
    latencyMs,
  }),
})
