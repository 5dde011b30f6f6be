import { isKubeApiError } from '@ack-secret-manager/k8s-client'
import { GROUP } from '@ack-secret-manager/resources'
import type { Check, Finding } from '../check.ts'
import { mayUser, permissionText, type ResourceAttributes } from './access-review.ts'
import { API_SERVER, type KubeContext, USER_ACCESS } from './kube-context.ts'

const TIMEOUT_MS = 10_000
/** As `kubeVersion` of the chart. */
const MIN_MINOR = 30

/** Reach and version of the API server, and what the user may read. */
export function apiServerChecks(context: KubeContext): readonly Check[] {
  const { client } = context
  const reach: Check = {
    id: API_SERVER,
    section: 'Cluster',
    title: 'API server',
    needs: [],
    timeoutMs: TIMEOUT_MS,
    action: 'Check the server of the kubeconfig and the way to it: kubectl version',
    run: async (signal) => {
      try {
        const { major, minor, gitVersion } = await client.get<Version>('/version', { signal })
        return versionFinding(major, minor, gitVersion, client.description)
      } catch (error) {
        if (!isKubeApiError(error) || error.status !== 401) throw error
        const action = 'Log in again: the credential of the kubeconfig is not accepted'
        return { status: 'failed', detail: error.message, action }
      }
    },
  }
  const access: Check = {
    id: USER_ACCESS,
    section: 'Cluster',
    title: 'Your permissions',
    needs: [API_SERVER],
    timeoutMs: TIMEOUT_MS,
    action: 'Check the authorization of the API server: kubectl auth can-i --list',
    run: (signal) => accessFindings(context, signal),
  }
  return [reach, access]
}

interface Version {
  readonly major: string
  readonly minor: string
  readonly gitVersion: string
}

function versionFinding(major: string, minor: string, gitVersion: string, source: string): Finding {
  const isTooOld = Number(major) === 1 && Number.parseInt(minor, 10) < MIN_MINOR
  const detail = `Kubernetes ${gitVersion}, ${source}`
  if (!isTooOld) return { status: 'ok', detail }
  return { status: 'failed', detail, action: `Update the cluster to Kubernetes 1.${MIN_MINOR} or newer` }
}

/** Reads that the checks need. Without any of our resources there is nothing to diagnose; each kind has its own check. */
const OURS = ['externalsecrets', 'secretstores'].map((resource) => ({ verb: 'list', resource, group: GROUP }))
const CLUSTER_WIDE = ['clustersecretstores', 'clusterexternalsecrets'].map((resource) => ({
  verb: 'list',
  resource,
  group: GROUP,
}))
const OPERATOR = [
  { verb: 'list', resource: 'deployments', group: 'apps' },
  { verb: 'list', resource: 'pods', group: '' },
  { verb: 'get', resource: 'leases', group: 'coordination.k8s.io' },
  { verb: 'get', resource: 'customresourcedefinitions', group: 'apiextensions.k8s.io' },
  { verb: 'list', resource: 'events', group: 'events.k8s.io' },
  { verb: 'create', resource: 'subjectaccessreviews', group: 'authorization.k8s.io' },
]
/** What other commands need. */
const COMMANDS = [{ verb: 'patch', resource: 'externalsecrets', group: GROUP }]

async function accessFindings(context: KubeContext, signal: AbortSignal): Promise<readonly Finding[]> {
  const { client, scope } = context
  const denied = async (wanted: readonly Omit<ResourceAttributes, 'namespace'>[], namespace: string) => {
    const all = wanted.map((one): ResourceAttributes => ({ ...one, namespace }))
    const allowed = await Promise.all(all.map((one) => mayUser(client, one, signal)))
    return all.filter((_one, index) => allowed[index] !== true).map(permissionText)
  }
  scope.namespace = context.namespace ?? ''
  let ours = await denied(OURS, scope.namespace)
  if (ours.length > 0 && scope.namespace === '') {
    const namespace = client.namespace ?? 'default'
    const inOne = await denied(OURS, namespace)
    if (ours.length === OURS.length || inOne.length < ours.length) [scope.namespace, ours] = [namespace, inOne]
  }
  if (ours.length === OURS.length) {
    const action = `Ask an administrator for a role that may ${ours.join(' and ')}`
    return [{ status: 'failed', detail: `you may not ${ours.join(', ')}`, action }]
  }
  const others = [...ours, ...(await denied(CLUSTER_WIDE, '')), ...(await denied(OPERATOR, ''))]
  const writes = await denied(COMMANDS, scope.namespace)
  const where = scope.namespace === '' ? 'all namespaces' : `namespace ${scope.namespace}`
  const more = writes.length === 0 ? ', and patch ExternalSecrets' : '; you may not patch ExternalSecrets'
  return [
    { status: 'ok', detail: `you may read ${ours.length === 0 ? '' : 'some of '}our resources of ${where}${more}` },
    ...(others.length === 0
      ? []
      : [{ status: 'skipped', detail: `you may not ${others.join(', ')}; checks that need it are skipped` } as const]),
  ]
}
