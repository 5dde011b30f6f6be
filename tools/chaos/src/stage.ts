import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type ControlPlane, LaggingApiServer, startControlPlane } from '@ack-secret-manager/control-plane'
import { crds } from '@ack-secret-manager/resources'
import { installCrds, SimulatorProcess } from '@ack-secret-manager/testbed'
import { createDoorKeys } from './doors/door-keys.ts'
import { type Doors, openDoors } from './doors/doors.ts'
import { Judge, type Violation } from './invariants/judge.ts'
import { Ledger } from './invariants/ledger.ts'
import { RestartJudge } from './invariants/restart-judge.ts'
import { Witness } from './invariants/witness.ts'
import { Replicas } from './replicas.ts'
import { CLIENT_KEY, type InstanceAccess, simulatorSeed } from './world/objects.ts'
import { RESOURCES, targetOf, WORKLOAD } from './world/resources.ts'
import { World } from './world/world.ts'

const OPERATOR = { name: 'chaos-operator', token: 'chaos-operator-only-for-this-run' }
const WITNESS = { name: 'chaos-witness', token: 'chaos-witness-only-for-this-run' }
const ADMINS = ['system:masters']
/** Longer than a loaded machine holds a renewal up, and short of the time for which a replica is paused. */
const LEASE_S = 8

/** Options of {@link openStage}. */
export interface StageOptions {
  readonly onViolation: (violation: Violation) => void
  /** @default 2 */
  readonly replicas?: number
  /** @default 8 */
  readonly leaseSeconds?: number
  /** Start an API server whose watch cache can be behind. @default false */
  readonly lagging?: boolean
  /** Put objects near the limits there, and documents that are costly to parse. @default false */
  readonly large?: boolean
  /** Further flags of the operator. */
  readonly args?: readonly string[]
}

/** All that a run needs, up and running. */
export interface Stage extends AsyncDisposable {
  readonly plane: ControlPlane
  readonly laggingServer: LaggingApiServer | undefined
  readonly simulator: SimulatorProcess
  readonly doors: Doors
  readonly replicas: Replicas
  readonly world: World
  readonly ledger: Ledger
  readonly judge: Judge
  readonly restarts: RestartJudge
  readonly witness: Witness
}

/** Starts a control plane, the simulator, a door before each service, the replicas behind them, and a witness beside them. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const {
    onViolation,
    replicas: count = 2,
    leaseSeconds = LEASE_S,
    lagging = false,
    large = false,
    args = [],
  } = options
  await using opened = new AsyncDisposableStack()
  const directory = await mkdtemp(path.join(tmpdir(), 'acksm-chaos-'))
  opened.defer(() => rm(directory, { recursive: true, force: true }))
  const seedFile = path.join(directory, 'seed.yaml')
  await writeFile(seedFile, JSON.stringify(simulatorSeed()))
  const users = [OPERATOR, WITNESS].map((user) => ({ ...user, groups: ADMINS }))
  const plane = opened.use(await startControlPlane({ users }))
  await installCrds(plane.request, crds())
  const laggingServer = lagging ? opened.use(await LaggingApiServer.start(plane)) : undefined
  const [simulator, keys] = await Promise.all([SimulatorProcess.start(seedFile), createDoorKeys()])
  opened.use(simulator)
  const doors = await openDoors(plane, simulator, keys)
  for (const door of Object.values(doors)) opened.use(door)
  const ledger = new Ledger()
  const judge = new Judge(ledger)
  const restarts = new RestartJudge(workloads())
  const { url, caPem } = plane
  const witness = opened.use(new Witness({ url, caPem, token: WITNESS.token, ledger, judge, restarts, onViolation }))
  const instance = await instanceAccess(simulator, doors, keys.caPem)
  const world = new World({ request: plane.request, simulator, instance, ledger, large })
  await world.populate()
  const replicas = opened.use(
    await Replicas.start({ doors, caPem: keys.caPem, token: OPERATOR.token, count, leaseSeconds, args }),
  )
  const all = opened.move()
  return {
    plane,
    laggingServer,
    simulator,
    doors,
    replicas,
    world,
    ledger,
    judge,
    restarts,
    witness,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function workloads(): ReadonlyMap<string, string> {
  const restarting = RESOURCES.filter(({ kind }) => kind === 'restart')
  return new Map(restarting.map((resource) => [targetOf(resource), `${resource.namespace}/${WORKLOAD}`]))
}

async function instanceAccess({ ready }: SimulatorProcess, doors: Doors, caPem: string): Promise<InstanceAccess> {
  const file = ready.clientKeys?.[CLIENT_KEY.id]?.file
  if (file === undefined) throw new Error('the simulator has made no client key')
  return { endpoint: doors.instance.host, caPem, clientKey: await readFile(file, 'utf8') }
}
