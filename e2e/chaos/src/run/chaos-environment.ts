import { readFile } from 'node:fs/promises'
import { type ControlPlane, LaggingApiServer, startControlPlane } from '@ack-secret-manager/control-plane'
import { crds } from '@ack-secret-manager/resources'
import { createProxyCertificates, installCrds, SimulatorProcess } from '@ack-secret-manager/testenv'
import { type FaultProxies, openFaultProxies } from '../faults/fault-proxies.ts'
import { InvariantChecker, type Violation } from '../invariants/invariant-checker.ts'
import { ExpectedState } from '../invariants/expected-state.ts'
import { RestartChecker } from '../invariants/restart-checker.ts'
import { Observer } from '../invariants/observer.ts'
import { letGarbageCollectorKnow } from './garbage-collector.ts'
import { Replicas } from './replicas.ts'
import { CLIENT_KEY, type InstanceAccess, simulatorSeed } from '../workload/objects.ts'
import { RESOURCES, targetOf, WORKLOAD } from '../workload/resources.ts'
import { WorkloadDriver } from '../workload/workload-driver.ts'

const OPERATOR = { name: 'chaos-operator', token: 'chaos-operator-only-for-this-run' }
const OBSERVER = { name: 'chaos-observer', token: 'chaos-observer-only-for-this-run' }
const ADMINS = ['system:masters']
/** Longer than a delayed renewal on a loaded machine, and shorter than the pause of a replica. */
const LEASE_S = 8

/** Options of {@link openChaosEnvironment}. */
export interface ChaosEnvironmentOptions {
  readonly onViolation: (violation: Violation) => void
  /** @default 2 */
  readonly replicas?: number
  /** @default 8 */
  readonly leaseSeconds?: number
  /** @default 1 */
  readonly shards?: number
  /** Start an API server with a lagging watch cache. @default false */
  readonly lagging?: boolean
  /** Create objects near the size limits and documents that are costly to parse. @default false */
  readonly large?: boolean
  /** Wait until owners can be deleted with every cascade, which takes some seconds. @default false */
  readonly cascades?: boolean
  /** Additional flags of the operator. */
  readonly args?: readonly string[]
}

/** The running parts of a chaos run. */
export interface ChaosEnvironment extends AsyncDisposable {
  readonly plane: ControlPlane
  readonly laggingServer: LaggingApiServer | undefined
  readonly simulator: SimulatorProcess
  readonly proxies: FaultProxies
  readonly replicas: Replicas
  readonly driver: WorkloadDriver
  readonly expectedState: ExpectedState
  readonly checker: InvariantChecker
  readonly restarts: RestartChecker
  readonly observer: Observer
}

/** Starts a control plane, the simulator, a fault proxy per service, the replicas, and an observer. */
export async function openChaosEnvironment(options: ChaosEnvironmentOptions): Promise<ChaosEnvironment> {
  const {
    onViolation,
    replicas: count = 2,
    leaseSeconds = LEASE_S,
    shards = 1,
    lagging = false,
    large = false,
    cascades = false,
    args = [],
  } = options
  await using opened = new AsyncDisposableStack()
  const users = [OPERATOR, OBSERVER].map((user) => ({ ...user, groups: ADMINS }))
  const plane = opened.use(await startControlPlane({ users }))
  await installCrds(plane.request, crds())
  const laggingServer = lagging ? opened.use(await LaggingApiServer.start(plane)) : undefined
  const [simulator, keys] = await Promise.all([SimulatorProcess.start(simulatorSeed()), createProxyCertificates()])
  opened.use(simulator)
  if (cascades) await letGarbageCollectorKnow(plane)
  const proxies = await openFaultProxies(plane, simulator, keys)
  for (const proxy of Object.values(proxies)) opened.use(proxy)
  const expectedState = new ExpectedState()
  const checker = new InvariantChecker(expectedState)
  const restarts = new RestartChecker(workloads())
  const { url, caPem } = plane
  const observer = opened.use(
    new Observer({ url, caPem, token: OBSERVER.token, expectedState, checker, restarts, onViolation }),
  )
  const instance = await instanceAccess(simulator, proxies, keys.caPem)
  const driver = new WorkloadDriver({ request: plane.request, simulator, instance, expectedState, large })
  await driver.populate()
  const replicas = opened.use(
    await Replicas.start({ proxies, caPem: keys.caPem, token: OPERATOR.token, count, leaseSeconds, shards, args }),
  )
  const all = opened.move()
  return {
    plane,
    laggingServer,
    simulator,
    proxies,
    replicas,
    driver,
    expectedState,
    checker,
    restarts,
    observer,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function workloads(): ReadonlyMap<string, string> {
  const restarting = RESOURCES.filter(({ kind }) => kind === 'restart')
  return new Map(restarting.map((resource) => [targetOf(resource), `${resource.namespace}/${WORKLOAD}`]))
}

async function instanceAccess(
  { ready }: SimulatorProcess,
  proxies: FaultProxies,
  caPem: string,
): Promise<InstanceAccess> {
  const file = ready.clientKeys?.[CLIENT_KEY.id]?.file
  if (file === undefined) throw new Error('the simulator created no client key')
  return { endpoint: proxies.instance.host, caPem, clientKey: await readFile(file, 'utf8') }
}
