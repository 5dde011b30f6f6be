import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { defineTool, runTool, UsageError } from '@ack-secret-manager/testenv'

/** Duration of each seed. */
const { CHAOS_MINUTES = '2' } = process.env

interface Stage {
  readonly name: string
  /** What it runs. */
  readonly content: string
  /** npm script of the root with its arguments. */
  readonly command: readonly [script: string, ...args: string[]]
  /** Additional environment variables. */
  readonly env?: Readonly<Record<string, string>>
}

/** The longest last. */
const STAGES: readonly Stage[] = [
  { name: 'quiet', content: 'a simulated hour of 10,000 quiet resources', command: ['quiet-hour'] },
  { name: 'schedule', content: 'a simulated day of 10,000 sources', command: ['simulated-day'] },
  {
    name: 'exec',
    content: '100 rotations under acksm exec',
    command: ['exec-rotations'],
  },
  { name: 'kills', content: 'a replica killed at each of its first calls', command: ['kill-at-each-call'] },
  { name: 'oldest', content: 'cluster tests on Kubernetes 1.30', command: ['oldest-kubernetes'] },
  { name: 'diff', content: 'acksm diff against sync for the whole corpus', command: ['corpus-diff'] },
  { name: 'properties', content: 'twenty times the runs of the properties of the engine', command: ['properties'] },
  { name: 'fuzz', content: '100,000 runs of each property of documents and templates', command: ['fuzz'] },
  {
    name: 'dashboard',
    content: 'each query of the dashboard against a real Prometheus',
    command: ['dashboard-run'],
  },
  {
    name: 'image',
    content: 'the image, built from nothing, as a pod',
    command: ['image-test'],
    env: { IMAGE_TEST: 'required' },
  },
  {
    name: 'publish',
    content: 'packages, chart and image in local registries, and installed from them',
    command: ['release', '--dry-run'],
  },
  { name: 'soak', content: 'constant changes for 20 minutes', command: ['soak', '--minutes', '20'] },
  { name: 'mutation', content: 'unit tests against the mutants of StrykerJS', command: ['mutation'] },
  {
    name: 'chaos-one-replica',
    content: 'chaos of seeds 51..60 around one replica that is never killed',
    command: ['chaos', '--seeds', '51..60', '--one-replica', '--minutes', CHAOS_MINUTES],
  },
  {
    name: 'chaos',
    content: 'chaos of seeds 1..50 around two replicas',
    command: ['chaos', '--seeds', '1..50', '--minutes', CHAOS_MINUTES],
  },
  {
    name: 'chaos-shards',
    content: 'chaos of seeds 61..70 around three shards and a standby',
    command: ['chaos', '--seeds', '61..70', '--shards', '3', '--minutes', CHAOS_MINUTES],
  },
  { name: 'shards', content: 'a simulated day of 100,000 resources in 20 domains', command: ['shard-day'] },
]

const TOOL = defineTool({
  name: 'nightly',
  description: [
    'Runs what takes too long for each change, every stage even after a failure:',
    '',
    ...STAGES.map(({ name, content }) => `  ${name.padEnd(18)} ${content}`),
  ].join('\n'),
  examples: [],
  flags: { only: { kind: 'text', value: 'STAGE,…', help: 'only these stages' } },
  options: ({ only }) => {
    const names = only?.split(',') ?? STAGES.map(({ name }) => name)
    const unknown = names.find((name) => !STAGES.some((stage) => stage.name === name))
    if (unknown !== undefined) throw new UsageError(`--only ${unknown}: no stage has that name`)
    return STAGES.filter(({ name }) => names.includes(name))
  },
})

const MINUTE_MS = 60_000
/** Time to exit before SIGKILL. */
const END_DEADLINE_MS = 30_000
const POLL_MS = 100

async function run(stages: readonly Stage[]): Promise<number> {
  const rows: string[] = []
  let failed = 0
  let asked: 'SIGINT' | 'SIGTERM' | undefined
  let ending: Promise<void> | undefined
  let group = 0
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      asked ??= signal
      ending ??= endGroup(group, signal)
    })
  }
  for (const { name, command, env } of stages) {
    const [script, ...args] = command
    const startMs = performance.now()
    // A process group, because npm exits on a signal while its child continues.
    const child = spawn('npm', ['run', script, '--', ...args], {
      stdio: 'inherit',
      detached: true,
      env: { ...process.env, ...env },
    })
    group = child.pid ?? 0
    const [code] = (await once(child, 'close')) as [number | null]
    if (asked !== undefined) {
      await ending
      return 128 + constants.signals[asked]
    }
    if (code !== 0) failed += 1
    const minutes = ((performance.now() - startMs) / MINUTE_MS).toFixed(1)
    rows.push(`${code === 0 ? 'passed' : 'FAILED'}  ${`${minutes} min`.padStart(10)}  ${name}`)
  }
  process.stdout.write(`\n${rows.join('\n')}\n`)
  return failed === 0 ? 0 : 1
}

/** Ends all processes of a group. Resolves when they have exited or were killed. */
async function endGroup(group: number, signal: NodeJS.Signals): Promise<void> {
  const endMs = performance.now() + END_DEADLINE_MS
  for (
    let isRunning = signalGroup(group, signal);
    isRunning && performance.now() < endMs;
    isRunning = signalGroup(group, 0)
  ) {
    await pause(POLL_MS)
  }
  signalGroup(group, 'SIGKILL')
}

/** Whether the group still has a process. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return group > 0 && process.kill(-group, signal)
  } catch {
    return false
  }
}

await runTool(TOOL, run)
