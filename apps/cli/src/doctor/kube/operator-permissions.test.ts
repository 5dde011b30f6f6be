import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { permissionText } from './access-review.ts'
import { type Deployment, settingsOf } from './operator-deployment.ts'
import { neededPermissions } from './operator-permissions.ts'

interface Role {
  readonly kind: string
  readonly rules?: ReadonlyArray<{
    readonly apiGroups: string[]
    readonly resources: string[]
    readonly verbs: string[]
  }>
}

function deployment(...args: string[]): Deployment {
  const template = { spec: { serviceAccountName: 'reader', containers: [{ image: 'operator:1', args }] } }
  return { metadata: { name: 'ack-secret-manager', namespace: 'kube-system' }, spec: { template } }
}

const needed = (...args: string[]): string[] =>
  neededPermissions(settingsOf(deployment(...args))).map(({ attributes }) => permissionText(attributes))

describe('the permissions of the operator', () => {
  it('are those of deploy/rbac.yaml and deploy/rbac-restart.yaml', () => {
    const texts = ['rbac', 'rbac-restart'].map((name) =>
      readFileSync(new URL(`../../../../../deploy/${name}.yaml`, import.meta.url), 'utf8'),
    )
    const roles = parseAllDocuments(texts.join('\n---\n')).map((document) => document.toJS() as Role)
    const granted = roles.flatMap(({ rules = [] }) =>
      rules.flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}${group === '' ? '' : `.${group}`}`)),
        ),
      ),
    )
    const wanted = needed().map((permission) => permission.replace(/ ack-secret-manager| in namespace \S+/g, ''))
    expect(wanted.toSorted()).toEqual(granted.toSorted())
  })

  it('are of the watched namespaces, the processed kinds and the Lease that its flags name', () => {
    const some = needed('--watch-namespaces=shop,web', '--lease-name', 'other', '--leader-election-namespace=ops')
    expect(some).toContain('create secrets in namespace web')
    expect(some).toContain('update leases.coordination.k8s.io other in namespace ops')
    expect(some).toContain('create leases.coordination.k8s.io in namespace ops')
    // Of the digest key, without which the operator does not start.
    expect(some).toContain('get secrets ack-secret-manager-digest-key in namespace ops')
    expect(some).toContain('create secrets in namespace ops')
    expect(some.filter((text) => text.includes('cluster') || text.endsWith('secrets'))).toEqual([])
    const less = needed('--process-cluster-secret-store=false', '--leader-elect=false')
    expect(less.some((text) => text.includes('clustersecretstores') || text.includes('leases'))).toBe(false)
    expect(less).toContain('list namespaces')
    const none = needed('--process-cluster-secret-store=false', '--process-cluster-external-secret=false')
    expect(none).not.toContain('list namespaces')
    for (const flag of ['--process-push-secret', '--process-push-secret=true'])
      expect(needed(flag)).toEqual(expect.arrayContaining([expect.stringContaining('list pushsecrets')]))
    expect(needed('--process-push-secret=false').filter((text) => text.includes('push'))).toEqual([])
    expect(needed().filter((text) => text.includes('push'))).toEqual([])
  })
})
