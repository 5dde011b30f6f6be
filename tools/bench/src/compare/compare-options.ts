import { flagValue } from '@ack-secret-manager/command-line'
import { defineTool, KMS_LATENCY, UsageError } from '@ack-secret-manager/testenv'
import { CONTENDERS, GO_VERSION, type Contender } from './contenders/contenders.ts'

const SIZE = { kind: 'integer', min: '10', max: '100000' } as const
const NAMES = CONTENDERS.map(({ name }) => name).join(', ')

/** `npm run bench -- --compare`. */
export const COMPARE = defineTool({
  name: 'bench',
  description: `Compares this operator with the Go operator ${GO_VERSION} and with the bare writes, on the same API server and KMS simulator.`,
  examples: [
    ['npm run bench -- --compare --sizes 100 --runs 1 --output out', 'a quick look, without the Go operator'],
    ['npm run bench -- --compare --go-operator ./ack-secret-manager', 'all figures of docs/benchmark; takes hours'],
    ['npm run bench -- --compare --only ours,go-default --resume', 'go on after an interruption'],
    ['npm run bench -- --compare --render', 'write the page and the plot again, from its figures'],
  ],
  note: `Contenders: ${NAMES}. Without its binary the Go operator is not measured, and the page keeps its last figures.`,
  flags: {
    compare: { kind: 'switch', help: 'compare operators; other flags of npm run bench do not apply' },
    sizes: { kind: 'text', value: 'N[,N…]', default: '1000,5000,10000', help: 'ExternalSecrets; runs for each number' },
    runs: { kind: 'integer', min: '1', max: '99', value: 'N', default: '3', help: 'runs of each contender and size' },
    only: { kind: 'text', value: 'NAME[,NAME…]', help: 'only these contenders' },
    'go-operator': { kind: 'text', value: 'FILE', help: `executable of the Go operator ${GO_VERSION}, for Linux` },
    'go-uncapped': { kind: 'text', value: 'FILE', help: 'the same without the rate limit of its Kubernetes client' },
    'go-note': { kind: 'text', value: 'TEXT', help: 'how these executables differ from the release, for the page' },
    interval: { kind: 'duration', default: '30s', help: 'polling interval' },
    quiet: { kind: 'duration', default: '60s', help: 'measured time without a change' },
    outage: { kind: 'duration', default: '35s', help: 'time without KMS' },
    'latency-ms': KMS_LATENCY,
    deadline: {
      kind: 'duration',
      default: '5m',
      help: 'longest wait for a scenario; the rest of that run is left out',
    },
    output: { kind: 'text', value: 'FOLDER', default: 'docs/benchmark', help: 'for figures, page and plot' },
    resume: { kind: 'switch', help: 'leave out runs that the figures have for this commit' },
    render: { kind: 'switch', help: 'measure nothing' },
  },
  options: ({
    sizes,
    only,
    'latency-ms': latencyMs,
    'go-operator': released,
    'go-uncapped': uncapped,
    'go-note': goNote,
    ...others
  }) => {
    const { interval: intervalMs, quiet: quietMs, outage: outageMs, deadline: deadlineMs, ...rest } = others
    return {
      ...rest,
      sizes: sizes.split(',').map((text) => flagValue('sizes', { ...SIZE, help: '' }, text)),
      contenders: contendersOf(only),
      binaries: { released, uncapped },
      goNote,
      intervalMs,
      quietMs,
      outageMs,
      latencyMs,
      deadlineMs,
    }
  },
})

/** Options of a comparison. */
export type CompareOptions = ReturnType<typeof COMPARE.options>

function contendersOf(only: string | undefined): readonly Contender[] {
  const names = only?.split(',')
  const unknown = names?.find((name) => !CONTENDERS.some((contender) => contender.name === name))
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: no such contender; there are ${NAMES}`)
  return CONTENDERS.filter(({ name }) => names?.includes(name) ?? true)
}
