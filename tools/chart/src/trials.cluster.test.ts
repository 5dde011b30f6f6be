import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import type { OperatorProcess } from '@ack-secret-manager/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClusterObjects } from '../../../apps/operator/src/testing/cluster-objects.ts'
import type { ReleaseOptions } from './helm.ts'
import { type GrantedRight, grantedRights, rightNames } from './rights.ts'
import { ACCESS_KEY_STORE, Stage, SYSTEM } from './stage.ts'
import { GrantedRole } from './trials/granted-role.ts'
import { TrialScene } from './trials/trial-scene.ts'
import type { RoleKind, Trial } from './trials/trial.ts'
import { OWN_TRIALS } from './trials/own-trials.ts'
import { NAMESPACED_TRIALS, TRIALS } from './trials/trials.ts'

/** Longer than all waits in it: what was waited for is told. */
const TRIAL_MS = 900_000
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
// What fails again is told at debug only.
const command = { region: 'cn-hangzhou', pollingInterval: '1s', logLevel: 'debug' }
const CLUSTER = { ...RELEASE, values: { command, rbac: { restartWorkloads: true } } }
const NAMESPACED = {
  ...RELEASE,
  values: { command: { ...command, watchNamespaces: ['shop'] }, rbac: { scope: 'Namespaced' } },
}

describeCluster('without one right of the chart', () => {
  let stage: Stage
  let shop: ClusterObjects
  let operator: OperatorProcess | undefined
  beforeAll(async () => {
    stage = await Stage.open()
    shop = await stage.namespace('shop')
  })
  afterAll(() => stage?.[Symbol.asyncDispose]())

  async function stop(exitCode = 0): Promise<void> {
    const running = operator
    operator = undefined
    if (running) expect(await running.stop()).toBe(exitCode)
  }

  /** Each operator is the only one. */
  async function start(): Promise<OperatorProcess> {
    await stop()
    operator = await stage.pod(NAME)
    return operator
  }

  const roleOf = (path: string): string =>
    `${path.includes('/clusterroles/') ? 'ClusterRole' : 'Role'} ${path.split('/').at(-1)}`
  const tried = (trials: readonly Trial[]): GrantedRight[] =>
    trials.map(({ role, right }) => ({ role: roleOf(ROLES[role]), right, namespace: undefined, name: undefined }))

  /** Whatever they are held to. */
  async function givenBy(release: ReleaseOptions): Promise<string[]> {
    const rights = grantedRights(await stage.helm.manifests(release))
    return rightNames(rights.map((right) => ({ ...right, name: undefined })))
  }

  async function attempt({ right, role, atStart = false, prepare, missing, mended }: Trial): Promise<void> {
    const granted = new GrantedRole({
      request: stage.plane.request,
      path: ROLES[role],
      user: USER,
      namespace: role === 'own' ? SYSTEM : shop.place.namespace,
    })
    if (!atStart || prepare) await (operator ?? (await start())).leading()
    const scene = new TrialScene({ stage, namespace: shop, right, start, stop, operator })
    await prepare?.(scene)
    if (atStart) await stop()
    const giveBack = await granted.without(right)
    try {
      await missing(scene)
    } finally {
      await giveBack()
    }
    await mended(scene)
  }

  describe('in the whole cluster', () => {
    beforeAll(async () => {
      await stage.helm.install(CLUSTER)
      await stage.served()
      await shop.apply('SecretStore', 'kms', ACCESS_KEY_STORE)
    })
    afterAll(async () => {
      await stop()
      await stage.helm.uninstall(CLUSTER)
    })

    it('there is a trial for each right', async () => expect(rightNames(tried(TRIALS))).toEqual(await givenBy(CLUSTER)))

    it.each(TRIALS)('$right', { timeout: TRIAL_MS }, (trial) => attempt(trial))
  })

  describe('in one namespace', () => {
    beforeAll(() => stage.helm.install(NAMESPACED))

    it('there is a trial for each right', async () => {
      const inNamespaces = TRIALS.filter(({ role }) => role === 'namespaces')
      // The same rights in another kind of role.
      const trials = rightNames(tried([...inNamespaces, ...OWN_TRIALS, ...NAMESPACED_TRIALS]))
      expect(trials.map((name) => name.replace('ClusterRole', 'Role')).toSorted()).toEqual(await givenBy(NAMESPACED))
    })

    it.each(NAMESPACED_TRIALS)('$right', { timeout: TRIAL_MS }, (trial) => attempt(trial))
  })
})
