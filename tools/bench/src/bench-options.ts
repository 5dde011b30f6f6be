import { flagValue } from '@ack-secret-manager/command-line'
import { defineTool, KMS_LATENCY } from '@ack-secret-manager/testenv'

const COUNT = { kind: 'integer', min: '1', max: '100000' } as const

/** Sizes of runs, one after the other. */
const RESOURCES = {
  kind: 'text',
  value: 'N[,N…]',
  default: '1000',
  help: 'ExternalSecrets; one run for each number',
} as const

function countsOf(resources: string): readonly number[] {
  return resources.split(',').map((text) => flagValue('resources', { ...COUNT, help: '' }, text))
}

/** `npm run bench`. */
export const BENCH = defineTool({
  name: 'bench',
  description: 'Measures the operator, from its bundle, on an API server and a KMS simulator of its own.',
  examples: [
    ['npm run bench -- --resources 1000', 'all measurements of one size'],
    ['npm run bench -- --compare --help', 'compare it with the Go operator'],
  ],
  flags: {
    resources: RESOURCES,
    secrets: { ...COUNT, value: 'M', help: 'distinct secrets at KMS; by default as many as resources' },
    interval: { kind: 'duration', default: '60s', help: 'polling interval, and length of the measured quiet interval' },
    'latency-ms': KMS_LATENCY,
    json: { kind: 'text', value: 'FILE', help: 'write the results to FILE as JSON' },
    profile: { kind: 'switch', help: 'profile the first sync instead of measuring what follows it' },
    keep: { kind: 'switch', help: 'leave the control plane running at the end, until Ctrl-C' },
  },
  options: ({ resources, interval: intervalMs, 'latency-ms': latencyMs, ...others }) => ({
    ...others,
    resources: countsOf(resources),
    intervalMs,
    latencyMs,
  }),
})

/** Options of a benchmark. */
export type BenchOptions = ReturnType<typeof BENCH.options>

/** `npm run ui-bench`. */
export const UI_BENCH = defineTool({
  name: 'ui-bench',
  description: 'Measures acksm ui in Chromium, on an API server of its own.',
  examples: [['npm run ui-bench -- --resources 1000,10000', 'two sizes']],
  flags: {
    resources: RESOURCES,
    idle: { kind: 'duration', default: '30s', help: 'length of the measured interval without a change' },
  },
  options: ({ resources, idle: idleMs }) => ({ resources: countsOf(resources), idleMs }),
})

/** Options of a benchmark of the page. */
export type UiBenchOptions = ReturnType<typeof UI_BENCH.options>
