import { kubeconfigOf, openApi } from '@ack-secret-manager/control-plane'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { AuditLog, requestToken } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { untilAllowed } from './access-review.ts'
import type { ReleaseOptions } from '@ack-secret-manager/chart/programs/helm'
import { exerciseCluster, exerciseNamespace } from './permission-scenario.ts'
import type { RecordedCall } from '@ack-secret-manager/test-support/fault-proxy'
import {
  type GrantedPermission,
  grantedPermissions,
  requiredPermissions,
  permissionNames,
} from '@ack-secret-manager/chart/permissions'
import {
  ACCESS_KEY_STORE,
  copyOf,
  InstallEnvironment,
  SYSTEM,
} from '@ack-secret-manager/e2e-install/install-environment'
import { collections, wholeCollections, wholeObjects } from './full-object-reads.ts'

const command = { region: 'cn-hangzhou', pollingInterval: '2s', processPushSecret: true }

describeCluster('the permissions that the chart gives', () => {
  let environment: InstallEnvironment
  let audit: AuditLog
  beforeAll(async () => {
    environment = await InstallEnvironment.open()
    audit = new AuditLog(environment.plane.auditLogPath)
  })
  afterAll(() => environment?.[Symbol.asyncDispose]())

  /** @returns the operator's requests, as seen by the API server and by the recorder */
  async function expectExactly(release: ReleaseOptions, exercise: () => Promise<void>) {
    await environment.helm.install(release)
    const operator = await environment.operator(release.release)
    await exercise()
    expect(await operator.stop()).toBe(0)
    const requests = await audit.take(`system:serviceaccount:${SYSTEM}:${release.release}`)
    await environment.helm.uninstall(release)
    expect(requests.filter(({ code }) => code === 403)).toEqual([])
    const granted = grantedPermissions(await environment.helm.manifests(release))
    // With one shard, the other 15 Leases exist only around a change of their number.
    const isOfOtherShard = ({ permission, name = '' }: GrantedPermission): boolean =>
      /^(?:get|update) leases$/.test(permission) && /-(?:[1-9]|1[0-5])$/.test(name)
    expect(granted.filter(isOfOtherShard)).toHaveLength(2 * 15)
    const ofOneShard = granted.filter((permission) => !isOfOtherShard(permission))
    expect(permissionNames(requiredPermissions(ofOneShard, requests))).toEqual(permissionNames(ofOneShard))
    // The operator's own objects have known names, except in creates, which contain none, and in the list of all shards.
    const own = granted.filter(({ namespace, permission }) => namespace === SYSTEM && !permission.startsWith('create '))
    const unnamed = own.filter(({ name }) => name === undefined)
    expect(unnamed.map(({ permission }) => permission).toSorted()).toEqual(['list leases', 'watch leases'])
    return { requests, calls: environment.calls.splice(0) }
  }

  /** Any call may fail temporarily, like a watch with an expired history or a list above the limit. */
  const isContent = (kind: string): boolean => kind !== 'Status'

  /** Asserts that lists and watches return metadata only, and that only named objects are read completely. */
  function expectOnlyNamed(calls: readonly RecordedCall[], named: readonly string[]): void {
    const kinds = (isWatch: boolean): Set<string> =>
      new Set(collections(calls).flatMap((call) => (call.isWatch === isWatch ? [...call.kinds].filter(isContent) : [])))
    // Both returned objects.
    expect(kinds(false)).toEqual(new Set(['PartialObjectMetadataList']))
    expect(kinds(true)).toEqual(new Set(['PartialObjectMetadata']))
    expect(wholeCollections(calls)).toEqual([])
    expect(wholeObjects(calls)).toEqual(named.toSorted())
  }

  /** Objects that the scenario reads by name: templates, a credential, a pushed and a recreated Secret. */
  const namedIn = (namespace: string): string[] =>
    ['configmaps tpl', 'secrets kms-key', 'secrets pushed', 'secrets tpl', 'secrets unchanging'].map((each) =>
      each.replace(' ', ` ${namespace}/`),
    )

  it('are exactly those that it uses', async () => {
    const shop = await environment.namespace('shop')
    const values = { command, rbac: { restartWorkloads: true } }
    const { calls } = await expectExactly({ release: 'ack-secret-manager', namespace: SYSTEM, values }, async () => {
      await exerciseNamespace(environment, shop)
      await exerciseCluster(environment, shop)
    })
    // The digest key was created, and not read.
    expectOnlyNamed(calls, namedIn('shop'))
  })

  it('are only in the given namespaces, with rbac.scope Namespaced', async () => {
    await environment.simulator.put('db', 'one')
    await environment.plane.request('DELETE', `/api/v1/namespaces/${SYSTEM}/secrets/ack-secret-manager-digest-key`)
    const [team, crew] = [await environment.namespace('team'), await environment.namespace('crew')]
    const values = {
      command: { ...command, watchNamespaces: ['team', 'crew'] },
      rbac: { scope: 'Namespaced', restartWorkloads: true },
    }
    // The CRDs belong to the other release.
    const release = {
      release: 'ack-secret-manager-team',
      namespace: SYSTEM,
      values: { ...values, crds: { install: false } },
    }
    const kinds = (await environment.helm.manifests(release)).map(({ kind }) => kind)
    expect(kinds).not.toContainEqual(expect.stringMatching(/^Cluster/))
    const { requests, calls } = await expectExactly(release, async () => {
      // A standby reads the key that the leader created.
      const standby = await environment.pod(release.release)
      await standby.standingBy()
      expect(await standby.stop()).toBe(0)
      await crew.apply('SecretStore', 'kms', ACCESS_KEY_STORE)
      await crew.apply('ExternalSecret', 'first', copyOf('kms'))
      await crew.untilSecret('first', { password: 'one' })
      await exerciseNamespace(environment, team)
      await crew.untilSecret('first', { password: 'three' })
    })
    const places = new Set(requests.filter(({ resource }) => resource !== '').map(({ namespace }) => namespace))
    expect(places).toEqual(new Set(['team', 'crew', SYSTEM]))
    expectOnlyNamed(calls, [
      ...namedIn('team'),
      'secrets crew/kms-key',
      `secrets ${SYSTEM}/ack-secret-manager-digest-key`,
    ])
  })

  it('are checked completely: full Secrets are detected in a list, in a watch and by name', async () => {
    const { plane, server, calls } = environment
    const account = { namespace: 'shop', name: 'default' }
    const binding = {
      metadata: { name: 'planted' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    }
    await plane.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', binding)
    const user = 'system:serviceaccount:shop:default'
    await untilAllowed(plane.request, user, { verb: 'list', resource: 'secrets', namespace: 'shop' })
    const identity = { token: await requestToken(plane.request, account) }
    const api = openApi(kubeconfigOf({ ...server, user, identity }))
    for (const path of ['', '?watch=true&timeoutSeconds=5&fieldSelector=metadata.name%3Dkms-key', '/kms-key']) {
      await api.request('GET', `/api/v1/namespaces/shop/secrets${path}`)
    }
    await api.close()
    expect(wholeCollections(calls)).toEqual([
      'list /api/v1/namespaces/shop/secrets: asked for , got SecretList',
      'watch /api/v1/namespaces/shop/secrets: asked for , got Secret',
    ])
    expect(wholeObjects(calls)).toEqual(['secrets shop/kms-key'])
  })
})
