import { readFile } from 'node:fs/promises'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { AuditLog } from '@ack-secret-manager/testbed'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ReleaseOptions } from './helm.ts'
import { exerciseCluster, exerciseNamespace } from './rights-scenario.ts'
import { grantedRights, listedKinds, usedRights } from './rights.ts'
import { Stage, SYSTEM } from './stage.ts'

const command = { region: 'cn-hangzhou', pollingInterval: '2s' }

describeCluster('the rights that the chart gives', () => {
  let stage: Stage
  let audit: AuditLog
  beforeAll(async () => {
    stage = await Stage.open()
    audit = new AuditLog(stage.plane.auditLogPath)
  })
  afterAll(() => stage?.[Symbol.asyncDispose]())

  async function expectExactly(release: ReleaseOptions, exercise: () => Promise<void>): Promise<void> {
    await stage.helm.install(release)
    const operator = await stage.operator(release.release)
    await exercise()
    expect(await operator.stop()).toBe(0)
    const user = `system:serviceaccount:${SYSTEM}:${release.release}`
    const requests = await audit.take(user)
    // Somebody else's list, to see that the log would tell.
    await stage.plane.request('GET', `/api/v1/namespaces/${SYSTEM}/secrets`)
    const log = await readFile(stage.plane.auditLogPath ?? '', 'utf8')
    expect(listedKinds(log, 'admin')).toContain('SecretList')
    expect(new Set(listedKinds(log, user))).toEqual(new Set(['PartialObjectMetadataList']))
    await stage.helm.uninstall(release)
    expect(requests.filter(({ code }) => code === 403)).toEqual([])
    expect(usedRights(requests)).toEqual(grantedRights(await stage.helm.manifests(release)))
  }

  it('are those that it uses, and no others', async () => {
    const shop = await stage.namespace('shop')
    const values = { command, rbac: { restartWorkloads: true } }
    await expectExactly({ release: 'ack-secret-manager', namespace: SYSTEM, values }, async () => {
      await exerciseNamespace(stage, shop)
      await exerciseCluster(stage, shop)
    })
  })

  it('are none in the cluster with rbac.scope Namespaced', async () => {
    await stage.simulator.put('db', 'one')
    await stage.plane.request('DELETE', `/apis/coordination.k8s.io/v1/namespaces/${SYSTEM}/leases/ack-secret-manager`)
    const team = await stage.namespace('team')
    const values = {
      command: { ...command, watchNamespaces: ['team'] },
      rbac: { scope: 'Namespaced', restartWorkloads: true },
    }
    // The definitions are the other release's.
    const release = {
      release: 'ack-secret-manager-team',
      namespace: SYSTEM,
      values: { ...values, crds: { install: false } },
    }
    const kinds = (await stage.helm.manifests(release)).map(({ kind }) => kind)
    expect(kinds).not.toContainEqual(expect.stringMatching(/^Cluster/))
    await expectExactly(release, () => exerciseNamespace(stage, team))
  })
})
