import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { defined } from '@ack-secret-manager/core'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { folderWith } from './files.ts'

const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews'

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
 * A kubeconfig of a user who has only these permissions, in one namespace. Resolves when the API server applies them.
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
  await untilGranted(request, { user: `system:serviceaccount:${namespace}:${name}`, namespace }, rules)
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

/** Resolves when the API server applies these rules: it learns of roles and bindings through a watch. */
export async function untilGranted(
  request: ApiRequest,
  { user, namespace }: { readonly user: string; readonly namespace?: string | undefined },
  rules: readonly Rule[],
): Promise<void> {
  const wanted = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, verb })))),
  )
  for (const attributes of wanted) {
    const spec = { user, resourceAttributes: { ...attributes, ...defined({ namespace }) } }
    const isAllowed = async (): Promise<void> => {
      const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec }
      const { body } = await request<{ status: { allowed: boolean } }>('POST', REVIEWS, review)
      if (!body.status.allowed) throw new Error(`${user} may not ${attributes.verb} ${attributes.resource} yet`)
    }
    await vi.waitFor(isAllowed, { timeout: 60_000 })
  }
}
