import { randomUUID } from 'node:crypto'
import { constants } from 'node:os'
import { type ControlPlane, ControlPlaneUnavailable, startControlPlane } from '@ack-secret-manager/control-plane'
import { defineTool, runTool, SimulatorProcess } from '@ack-secret-manager/testenv'
import { ACCESS_PATHS } from './access/access-path.ts'
import { tellAccessStory } from './access/access-story.ts'
import { OPERATOR_USER, tellClusterStory } from './cluster-story.ts'
import { QUICKSTART_SEED } from './examples.ts'
import { tellFileStory } from './file-story.ts'
import { Narrator } from './narrator.ts'

const DEMO = defineTool({
  name: 'demo',
  description:
    'Shows the main job end to end: a value travels from KMS into a Secret, is rotated, and the Secret follows.',
  examples: [
    ['npm run demo', 'everything in processes of its own, nothing is left behind'],
    ['npm run demo -- --access all', 'every access path to KMS, and the identity that KMS saw'],
  ],
  note: 'Runs a real API server (built once with Go, about four minutes; later runs take seconds).',
  flags: {
    keep: { kind: 'switch', help: 'leave the API server and KMS running afterwards, until Ctrl-C' },
    access: {
      kind: 'text',
      value: 'PATH',
      choices: [...Object.keys(ACCESS_PATHS), 'all'],
      help: 'another access path to KMS, and the identity that KMS saw.',
    },
  },
  options: (values) => values,
})

const PLANE_OPTIONS = {
  audit: true,
  users: [{ name: OPERATOR_USER, groups: ['system:masters'], token: randomUUID() }],
}

async function demo({ keep: isKept, access: path }: ReturnType<typeof DEMO.options>): Promise<number> {
  const narrator = new Narrator(process.stdout, process.env)
  if (path !== undefined) return access(narrator, path === 'all' ? Object.keys(ACCESS_PATHS) : [path])
  narrator.step('KMS and an API server start')
  await using simulator = await SimulatorProcess.start(QUICKSTART_SEED)
  narrator.result(`a KMS that checks every signature, at ${simulator.endpoint} (TLS)`)
  const plane = await controlPlane(narrator)
  if (!plane) {
    await tellFileStory(narrator, simulator)
    return 0
  }
  await using running = plane
  narrator.result(`etcd, kube-apiserver and kube-controller-manager, at ${running.url}`)
  await tellClusterStory(narrator, plane, simulator)
  if (isKept) await keep(narrator, plane, simulator)
  narrator.note('\nDone. Nothing is left behind.')
  return 0
}

async function access(narrator: Narrator, names: readonly string[]): Promise<number> {
  narrator.step('KMS, STS, ECS metadata, a KMS instance and an API server start')
  await using plane = await startControlPlane(PLANE_OPTIONS)
  await tellAccessStory(narrator, plane, names)
  narrator.note('\nDone. Nothing is left behind.')
  return 0
}

/** The API server, or undefined if none is available on this machine, which is a failure if Go is installed. */
async function controlPlane(narrator: Narrator): Promise<ControlPlane | undefined> {
  try {
    return await startControlPlane(PLANE_OPTIONS)
  } catch (error) {
    if (!(error instanceof ControlPlaneUnavailable) || error.goPresent || process.env['CI'] === 'true') throw error
    narrator.note(`   No API server on this machine (${error.message}); the same story with a directory instead.`)
    return undefined
  }
}

async function keep(narrator: Narrator, plane: ControlPlane, simulator: SimulatorProcess): Promise<void> {
  narrator.note(
    `\nStill running until Ctrl-C:\n  export KUBECONFIG=${plane.kubeconfigPath}\n  KMS at ${simulator.endpoint}, CA in ${simulator.caFile}`,
  )
  await new Promise<void>((resolve) => process.once('SIGINT', () => resolve()))
}

// Its programs are killed by listeners for the exit, which a signal does not call.
process.once('SIGTERM', () => process.exit(128 + constants.signals.SIGTERM))
try {
  await runTool(DEMO, demo)
} catch (error) {
  process.stderr.write(`demo failed: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
