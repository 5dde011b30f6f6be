import type { AuditedRequest, Manifest } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { grantedPermissions, requiredPermissions, permissionNames } from './permissions.ts'

function role(namespace: string | undefined, name: string, rules: readonly object[]): Manifest {
  const kind = namespace === undefined ? 'ClusterRole' : 'Role'
  const metadata = namespace === undefined ? { name } : { name, namespace }
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata, rules } as Manifest
}

const asked = (verb: string, resource: string, namespace: string, name = ''): AuditedRequest => ({
  user: 'operator',
  verb,
  resource,
  namespace,
  name,
  code: 200,
  answeredMs: 0,
})
const ROLES = [
  role(undefined, 'all', [{ resources: ['secrets', 'events'], verbs: ['create'] }]),
  role('system', 'own', [
    { resources: ['secrets'], verbs: ['create'] },
    { resources: ['leases'], resourceNames: ['ours', 'theirs'], verbs: ['get'] },
  ]),
]
const needed = (...requests: readonly AuditedRequest[]): string[] =>
  permissionNames(requiredPermissions(grantedPermissions(ROLES), requests))

it('has every permission by role and name', () => {
  const forUsers = role(undefined, 'view', [{ resources: ['secrets'], verbs: ['get'] }])
  const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }
  const permissions = grantedPermissions([
    ...ROLES,
    { ...forUsers, metadata: { ...forUsers.metadata, labels } },
    secret,
  ])
  expect(permissionNames(permissions)).toEqual([
    'ClusterRole all: create events',
    'ClusterRole all: create secrets',
    'Role own: create secrets',
    'Role own: get leases ours',
    'Role own: get leases theirs',
  ])
  expect(permissions.at(-1)).toEqual({
    role: 'Role own',
    namespace: 'system',
    permission: 'get leases',
    name: 'theirs',
  })
})

it.each<[string, AuditedRequest[], string[]]>([
  ['a permission that is used', [asked('create', 'events', 'shop')], ['ClusterRole all: create events']],
  ['not one that another role grants as well', [asked('create', 'secrets', 'system')], []],
  ['one that only another role grants', [asked('create', 'secrets', 'shop')], ['ClusterRole all: create secrets']],
  ['only the used name', [asked('get', 'leases', 'system', 'ours')], ['Role own: get leases ours']],
  ['nothing in another namespace', [asked('get', 'leases', 'shop', 'ours')], []],
  ['nothing for a request that no role allows', [asked('list', 'nodes', '')], []],
])('needs %s', (_rule, requests, permissions) => expect(needed(...requests)).toEqual(permissions))
