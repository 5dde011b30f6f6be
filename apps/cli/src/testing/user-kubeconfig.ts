import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import { folderWith } from './files.ts'

/** A rule of RBAC. */
export interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

/** Rules to read everything of this API group. */
export const READS: Rule = { apiGroups: ['alibabacloud.com'], resources: ['*'], verbs: ['get', 'list', 'watch'] }

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: object }[]
}

/**
 * A kubeconfig of a user who has only these permissions, in one namespace.
 * @returns its path
 */
export async function kubeconfigOfUser(
  {
    request,
    namespace,
    kubeconfigPath,
  }: { readonly request: ApiRequest; readonly namespace: string; readonly kubeconfigPath: string },
  name: string,
  rules: readonly Rule[],
): Promise<string> {
  const metadata = { name, namespace }
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name }
  await request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata })
  await request('POST', `${rbac}/roles`, { metadata, rules })
  await request('POST', `${rbac}/rolebindings`, {
    metadata,
    roleRef,
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  })
  const { body } = await request<{ status: { token: string } }>(
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  )
  const admin = parse(await readFile(kubeconfigPath, 'utf8')) as Kubeconfig
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: admin.clusters[0]?.cluster }],
    users: [{ name: 'u', user: { token: body.status.token } }],
    contexts: [{ name: 'u', context: { cluster: 'c', user: 'u', namespace } }],
    'current-context': 'u',
  }
  return path.join(await folderWith({ kubeconfig: stringify(kubeconfig) }), 'kubeconfig')
}
