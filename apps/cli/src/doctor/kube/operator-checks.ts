import { type Clock, sleep } from '@ack-secret-manager/core'
import { inNamespace, type KubeClient } from '@ack-secret-manager/k8s-client'
import { isConfirmed, OPERATOR_SELECTOR } from '@ack-secret-manager/resource-view'
import { documentationUrl } from '@ack-secret-manager/resources'
import { ClusterReader } from '../../kube/cluster-reader.ts'
import { findOperator } from '../../kube/find-operator.ts'
import { metricsPages } from '../../kube/operator-metrics.ts'
import type { Check, Finding } from '../check.ts'
import { listed } from '../../output/listed.ts'
import { batchCountsOf, batchFindings } from './batch-findings.ts'
import { operatorAccessFinding } from './operator-access.ts'
import { API_SERVER, type KubeContext } from './kube-context.ts'
import { ifPermitted, isNotFound, listAll } from './kube-reads.ts'
import { type Deployment, type OperatorSettings, type Pod, podTroubles, settingsOf } from './operator-deployment.ts'

const TIMEOUT_MS = 15_000
const OPERATOR = 'operator.deployment'
/** Reads of a Lease that looks old: its renewals show that it is held, whatever the clocks say. */
const LEASE_POLL_MS = 500
const INSTALL = `Install it: ${documentationUrl('docs/install.md')}`

type LeaseSettings = Pick<OperatorSettings, 'namespace' | 'leaderElect' | 'leaseNamespace' | 'leaseName' | 'shards'>

interface Lease {
  readonly spec: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly renewTime?: string
  }
}

/** Whether the operator runs, leads, and has its permissions. */
export function operatorChecks(context: KubeContext, clock: Clock): readonly Check[] {
  const { client, operatorNamespace } = context
  let operators: readonly OperatorSettings[] = []
  let confirmed = false
  const common = { section: 'Operator', timeoutMs: TIMEOUT_MS } as const
  return [
    {
      ...common,
      id: OPERATOR,
      title: 'Deployment',
      needs: [API_SERVER],
      action: INSTALL,
      run: async (signal) => {
        const { home, deployments } = await findOperator(new ClusterReader({ client, signal }), operatorNamespace)
        if (deployments === undefined) return { status: 'skipped', detail: 'you may not list deployments' }
        if (home.kind === 'several') {
          const detail = `several operators found: ${listed(home.namespaces)}`
          return { status: 'failed', detail, action: 'Name the one to check: --operator-namespace NAME' }
        }
        const found = deployments as readonly Deployment[]
        operators = found.map(settingsOf)
        confirmed = isConfirmed(home)
        if (found.length === 0) return noOperator(context)
        const findings = await Promise.all(found.map((each) => deploymentFinding(client, each, signal)))
        return confirmed ? findings : findings.map((finding, index) => unconfirmed(finding, operators[index]))
      },
    },
    {
      ...common,
      id: 'operator.leader',
      title: 'Leader',
      needs: [],
      after: [OPERATOR],
      action: 'Read the log of the operator: kubectl logs -l app.kubernetes.io/name=ack-secret-manager',
      run: (signal) =>
        ifPermitted('get leases', () => ofEach(operators, (each) => leaderFinding(context, clock, each, signal))),
    },
    {
      ...common,
      id: 'operator.batches',
      title: 'Batches',
      needs: [],
      after: [OPERATOR],
      action: 'Check the metrics of the operator',
      run: async (signal) => {
        const batching = operators.filter(({ batches }) => batches)
        if (batching.length === 0) return []
        // The request has the rights of the user, so no other Pod is asked.
        if (!confirmed) return ofEach(batching, async (each) => skippedAccess(each))
        const reader = new ClusterReader({ client, signal })
        const found = await Promise.all(batching.map((each) => batchFindingsOf(reader, each)))
        return found.flat()
      },
    },
    {
      ...common,
      id: 'operator.access',
      title: 'Permissions of the operator',
      needs: [],
      after: [OPERATOR],
      action: 'Apply the roles of this version: helm upgrade, or kubectl apply -f deploy/rbac.yaml',
      run: (signal) =>
        ifPermitted('create subjectaccessreviews', () =>
          ofEach(operators, async (each) =>
            confirmed ? operatorAccessFinding(client, each, signal) : skippedAccess(each),
          ),
        ),
    },
  ]
}

async function batchFindingsOf(
  reader: ClusterReader,
  { namespace, name }: OperatorSettings,
): Promise<readonly Finding[]> {
  const label = `${namespace}/${name}`
  const pages = await metricsPages(reader, namespace)
  if (typeof pages === 'string') return [{ status: 'skipped', detail: `${label}: ${pages}` }]
  return batchFindings(label, batchCountsOf(pages))
}

async function ofEach(
  operators: readonly OperatorSettings[],
  findingOf: (operator: OperatorSettings) => Promise<Finding>,
): Promise<readonly Finding[]> {
  if (operators.length === 0) return [{ status: 'skipped', detail: 'no Deployment of the operator is known' }]
  return Promise.all(operators.map(findingOf))
}

/** Anyone can label a Deployment: nothing is proposed for one that no ClusterRoleBinding confirms. */
function unconfirmed(finding: Finding, operator: OperatorSettings | undefined): Finding {
  const detail = `${finding.detail}; not confirmed as the operator`
  if (finding.status !== 'failed') return { ...finding, detail }
  return {
    ...finding,
    detail,
    action: `If this is the operator: --operator-namespace ${operator?.namespace ?? 'NAME'}`,
  }
}

function skippedAccess({ namespace, serviceAccount }: OperatorSettings): Finding {
  const why = `no ClusterRoleBinding that you may list gives ServiceAccount ${namespace}/${serviceAccount} the role of the operator`
  return { status: 'skipped', detail: `${why}; if this is the operator: --operator-namespace ${namespace}` }
}

function noOperator({ operatorNamespace }: KubeContext): Finding {
  const where = operatorNamespace === undefined ? 'in the cluster' : `in namespace ${operatorNamespace}`
  return { status: 'failed', detail: `no Deployment with ${OPERATOR_SELECTOR} ${where}`, action: INSTALL }
}

async function deploymentFinding(client: KubeClient, deployment: Deployment, signal: AbortSignal): Promise<Finding> {
  const { namespace, name, image } = settingsOf(deployment)
  const wanted = deployment.spec.replicas ?? 1
  const available = deployment.status?.availableReplicas ?? 0
  const detail = `${namespace}/${name}: ${available} of ${wanted} replicas available, ${image}`
  if (wanted === 0) {
    return {
      status: 'failed',
      detail: `${namespace}/${name} is scaled to 0`,
      action: `Scale it: kubectl -n ${namespace} scale deployment/${name} --replicas=2`,
    }
  }
  if (available >= wanted) return { status: 'ok', detail }
  const troubles = await troublesOf(client, namespace, signal)
  return {
    status: 'failed',
    detail: troubles.length === 0 ? detail : `${detail}; ${listed(troubles, 3)}`,
    action: `Read why: kubectl -n ${namespace} describe pods -l ${OPERATOR_SELECTOR}`,
  }
}

async function troublesOf(client: KubeClient, namespace: string, signal: AbortSignal): Promise<readonly string[]> {
  let pods: readonly Pod[] = []
  await ifPermitted('list pods', async () => {
    const query = { labelSelector: OPERATOR_SELECTOR }
    pods = (await listAll<Pod>(client, inNamespace('/api/v1/pods', namespace), signal, query)).items
    return []
  })
  return podTroubles(pods)
}

type LeaseContext = Pick<KubeContext, 'nowMs'> & { readonly client: Pick<KubeClient, 'get'> }

/** Whether a replica holds the Lease, or with shards any of their Leases, because its holder then owns all domains. */
export async function leaderFinding(
  context: LeaseContext,
  clock: Clock,
  operator: LeaseSettings,
  signal: AbortSignal,
): Promise<Finding> {
  const { leaderElect, leaseName, shards } = operator
  if (!leaderElect) return { status: 'ok', detail: 'leader election is off: every replica works' }
  const names = Array.from({ length: shards }, (_, index) => (index === 0 ? leaseName : `${leaseName}-${index}`))
  const findings = await Promise.all(
    names.map((name) => leaseFinding(context, clock, { ...operator, leaseName: name }, signal)),
  )
  const [first] = findings
  if (first !== undefined && shards === 1) return first
  const held = findings.filter(({ status }) => status === 'ok')
  const details = listed((held.length === 0 ? findings : held).map((each) => each.detail))
  const detail = `${held.length} of ${shards} Leases of shards held: ${details}`
  return held.length === 0 && first?.status === 'failed' ? { ...first, detail } : { status: 'ok', detail }
}

/** Whether a replica holds one Lease. Reads it again if it looks old. */
async function leaseFinding(
  { client, nowMs }: LeaseContext,
  clock: Clock,
  operator: LeaseSettings,
  signal: AbortSignal,
): Promise<Finding> {
  const { leaseNamespace, leaseName, namespace } = operator
  const label = `Lease ${leaseNamespace}/${leaseName}`
  // Without a replica that runs, none leads.
  const failed = (detail: string): Finding => ({
    status: 'failed',
    detail,
    action: `Read the log of the operator: kubectl -n ${namespace} logs -l ${OPERATOR_SELECTOR}`,
    consequenceOf: OPERATOR,
  })
  const read = (): Promise<Lease | undefined> => leaseOf(client, leaseNamespace, leaseName, signal)
  const lease = await read()
  const holder = lease?.spec.holderIdentity
  if (lease === undefined) return failed(`${label} does not exist: no replica has led yet`)
  if (holder === undefined || holder === '') return failed(`${label} has no holder`)
  const { renewTime = '', leaseDurationSeconds = 15 } = lease.spec
  const ageMs = nowMs() - Date.parse(renewTime)
  if (Math.abs(ageMs) <= leaseDurationSeconds * 1_000) {
    return { status: 'ok', detail: `${holder} renewed ${label} ${Math.max(0, Math.round(ageMs / 1_000))} s ago` }
  }
  // Clocks differ. A leader renews within a third of the duration.
  for (let waitedMs = 0; waitedMs < leaseDurationSeconds * 333; waitedMs += LEASE_POLL_MS) {
    await sleep(LEASE_POLL_MS, { clock, signal })
    const current = await read()
    if (current === undefined) return failed(`${label} was deleted: no replica leads`)
    if (current.spec.renewTime !== renewTime) return { status: 'ok', detail: `${holder} renews ${label}` }
  }
  return failed(`${holder} renewed ${label} last at ${renewTime}: no replica leads`)
}

async function leaseOf(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Lease | undefined> {
  try {
    const path = inNamespace('/apis/coordination.k8s.io/v1/leases', namespace)
    return await client.get<Lease>(`${path}/${encodeURIComponent(name)}`, { signal })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
