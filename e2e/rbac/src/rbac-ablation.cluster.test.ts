import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import type { NamespaceObjects, OperatorProcess } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReleaseOptions } from '@ack-secret-manager/chart/programs/helm'
import { type GrantedPermission, grantedPermissions, permissionNames } from '@ack-secret-manager/chart/permissions'
import {
  ACCESS_KEY_STORE,
  InstallEnvironment,
  PUSH_STORE,
  SYSTEM,
} from '@ack-secret-manager/e2e-install/install-environment'
import { GrantedRole } from './ablation/granted-role.ts'
import { AblationFixture } from './ablation/ablation-fixture.ts'
import type { RoleKind, Ablation } from './ablation/ablation.ts'
import { OWN_ABLATIONS } from './ablation/own-namespace-ablations.ts'
import { NAMESPACED_ABLATIONS, ABLATIONS, PUSH_ABLATIONS } from './ablation/ablations.ts'

/** Longer than all waits of an ablation, so that a failed wait is reported. */
const ABLATION_MS = 900_000
const NAME = 'ack-secret-manager'
const USER = `system:serviceaccount:${SYSTEM}:${NAME}`
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const ROLES: Readonly<Record<RoleKind, string>> = {
  namespaces: `${RBAC}/clusterroles/${NAME}`,
  cluster: `${RBAC}/clusterroles/${NAME}`,
  restart: `${RBAC}/clusterroles/${NAME}-restart`,
  own: `${RBAC}/namespaces/${SYSTEM}/roles/${NAME}-own`,
}
const RELEASE = { release: NAME, namespace: SYSTEM }
// Repeated failures are logged at debug level only.
const command = { region: 'cn-hangzhou', pollingInterval: '1s', logLevel: 'debug' }
const CLUSTER = { ...RELEASE, values: { command, rbac: { restartWorkloads: true } } }
const PUSHING = { ...RELEASE, values: { command: { ...command, processPushSecret: true } } }
const NAMESPACED = {
  ...RELEASE,
  values: { command: { ...command, watchNamespaces: ['shop'] }, rbac: { scope: 'Namespaced' } },
}

describeCluster('without one permission of the chart', () => {
  let environment: InstallEnvironment
  let shop: NamespaceObjects
  let operator: OperatorProcess | undefined
  beforeAll(async () => {
    environment = await InstallEnvironment.open()
    shop = await environment.namespace('shop')
  })
  afterAll(() => environment?.[Symbol.asyncDispose]())

  async function stop(exitCode = 0): Promise<void> {
    const running = operator
    operator = undefined
    if (running) expect(await running.stop()).toBe(exitCode)
  }

  /** There is only one operator at a time. */
  async function start(): Promise<OperatorProcess> {
    await stop()
    operator = await environment.pod(NAME)
    return operator
  }

  const roleOf = (path: string): string =>
    `${path.includes('/clusterroles/') ? 'ClusterRole' : 'Role'} ${path.split('/').at(-1)}`
  const tried = (ablations: readonly Ablation[]): GrantedPermission[] =>
    ablations.map(({ role, permission }) => ({
      role: roleOf(ROLES[role]),
      permission,
      namespace: undefined,
      name: undefined,
    }))

  /** Whatever their limits are. */
  async function givenBy(release: ReleaseOptions): Promise<string[]> {
    const permissions = grantedPermissions(await environment.helm.manifests(release))
    return permissionNames(permissions.map((permission) => ({ ...permission, name: undefined })))
  }

  async function attempt({ permission, role, atStart = false, prepare, missing, restored }: Ablation): Promise<void> {
    const granted = new GrantedRole({
      request: environment.plane.request,
      path: ROLES[role],
      user: USER,
      namespace: role === 'own' ? SYSTEM : shop.cluster.namespace,
    })
    if (!atStart || prepare) await (operator ?? (await start())).leading()
    const fixture = new AblationFixture({ environment, namespace: shop, permission, start, stop, operator })
    await prepare?.(fixture)
    if (atStart) await stop()
    const giveBack = await granted.revoke(permission)
    try {
      await missing(fixture)
    } finally {
      await giveBack()
    }
    await restored(fixture)
    await fixture.remove()
  }

  describe('in the whole cluster', () => {
    beforeAll(async () => {
      await environment.helm.install(CLUSTER)
      await environment.served()
      await shop.apply('SecretStore', 'kms', ACCESS_KEY_STORE)
    })
    afterAll(async () => {
      await stop()
      await environment.helm.uninstall(CLUSTER)
    })

    it('there is an ablation for each permission', async () =>
      expect(permissionNames(tried(ABLATIONS))).toEqual(await givenBy(CLUSTER)))

    it.each(ABLATIONS)('$permission', { timeout: ABLATION_MS }, (ablation) => attempt(ablation))
  })

  describe('with PushSecrets', () => {
    beforeAll(async () => {
      await environment.helm.install(PUSHING)
      await environment.served()
      await shop.apply('SecretStore', 'push', PUSH_STORE)
    })
    afterAll(async () => {
      await stop()
      await environment.helm.uninstall(PUSHING)
    })

    it('there is an ablation for each additional permission', async () => {
      const others = new Set(await givenBy({ ...RELEASE, values: { command } }))
      const added = (await givenBy(PUSHING)).filter((name) => !others.has(name))
      expect(permissionNames(tried(PUSH_ABLATIONS))).toEqual(added)
    })

    it.each(PUSH_ABLATIONS)('$permission', { timeout: ABLATION_MS }, (ablation) => attempt(ablation))
  })

  describe('in one namespace', () => {
    beforeAll(() => environment.helm.install(NAMESPACED))

    it('there is an ablation for each permission', async () => {
      const inNamespaces = ABLATIONS.filter(({ role }) => role === 'namespaces')
      // The same permissions in another kind of role.
      const ablations = permissionNames(tried([...inNamespaces, ...OWN_ABLATIONS, ...NAMESPACED_ABLATIONS]))
      expect(ablations.map((name) => name.replace('ClusterRole', 'Role')).toSorted()).toEqual(await givenBy(NAMESPACED))
    })

    it.each(NAMESPACED_ABLATIONS)('$permission', { timeout: ABLATION_MS }, (ablation) => attempt(ablation))
  })
})
