import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import {
  ACCESS_KEY_STORE,
  copyOf,
  InstallEnvironment,
  SYSTEM,
} from '@ack-secret-manager/e2e-install/install-environment'
import { AuditLog, type NamespaceObjects, type OperatorProcess } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { untilAllowed } from './access-review.ts'

const NAME = 'ack-secret-manager'
const USER = `system:serviceaccount:${SYSTEM}:${NAME}`
const RELEASE = {
  release: NAME,
  namespace: SYSTEM,
  values: {
    command: { region: 'cn-hangzhou', pollingInterval: '1s', watchNamespaces: ['team', 'crew', 'band'] },
    rbac: { scope: 'Namespaced' },
  },
}
/** Longer than the checks for returned permissions are apart. */
const RETURN_MS = 180_000
/** Namespaces whose RoleBinding is deleted. */
const LOST = ['crew', 'band']
const bindingsOf = (namespace: string): string =>
  `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`

interface Binding {
  readonly roleRef: object
  readonly subjects: readonly object[]
}

describeCluster('namespaces whose administrators deleted the RoleBinding', () => {
  let environment: InstallEnvironment
  let audit: AuditLog
  let team: NamespaceObjects
  let crew: NamespaceObjects
  let band: NamespaceObjects
  let operator: OperatorProcess
  let binding: Binding
  beforeAll(async () => {
    environment = await InstallEnvironment.open()
    audit = new AuditLog(environment.plane.auditLogPath)
    team = await environment.namespace('team')
    crew = await environment.namespace('crew')
    band = await environment.namespace('band')
    await environment.helm.install(RELEASE)
    await environment.served()
    const before = await environment.operator(NAME)
    for (const namespace of [team, crew, band]) {
      await namespace.apply('SecretStore', 'kms', ACCESS_KEY_STORE)
      await namespace.apply('ExternalSecret', 'first', copyOf('kms'))
      await namespace.untilSecret('first', { password: 'one' })
    }
    await before.stop()
    binding = (await environment.plane.request<Binding>('GET', `${bindingsOf('crew')}/${NAME}`)).body
    for (const namespace of LOST) {
      await environment.plane.request('DELETE', `${bindingsOf(namespace)}/${NAME}`)
      await untilMayList(namespace, false)
    }
    await audit.take(USER)
  })
  afterAll(() => environment?.[Symbol.asyncDispose]())

  const untilMayList = (namespace: string, allowed: boolean): Promise<void> =>
    untilAllowed(environment.plane.request, USER, { verb: 'list', resource: 'secrets', namespace }, allowed)

  /** What `/readyz` says, and the number of namespaces that are left out. The ports are others after the caches were restarted. */
  async function leftOut(): Promise<readonly [string, string | undefined]> {
    const { metricsPort, healthPort } = JSON.parse(linesWith('"Serving probes"').at(-1) ?? '{}') as Record<
      string,
      number
    >
    const readyz = await fetch(`http://127.0.0.1:${healthPort}/readyz`)
    const metrics = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
    const [, count] = /^acksm_namespaces_left_out (\d+)$/m.exec(await metrics.text()) ?? []
    return [`${readyz.status} ${await readyz.text()}`, count]
  }

  /** Verbs and status codes of the requests in a namespace since the last call. */
  async function requestsIn(...namespaces: readonly string[]): Promise<ReadonlySet<string>> {
    const requests = (await audit.take(USER)).filter(({ namespace }) => namespaces.includes(namespace))
    return new Set(requests.map(({ verb, code }) => `${verb} ${code}`))
  }

  const linesWith = (text: string): readonly string[] => operator.program.lines.filter((line) => line.includes(text))

  it('do not stop their neighbours, and stay untouched', { timeout: 300_000 }, async () => {
    const before = await Promise.all([crew.secret('first'), band.secret('first')])
    for (const namespace of [crew, band]) await namespace.apply('ExternalSecret', 'second', copyOf('kms'))
    await environment.simulator.put('db', 'two')
    operator = await environment.pod(NAME)
    await team.untilSecret('first', { password: 'two' })
    await team.apply('ExternalSecret', 'second', copyOf('kms'))
    await team.untilSecret('second', { password: 'two' })
    for (const namespace of LOST) {
      expect(linesWith(`Namespace ${namespace} is left out`)).toEqual([
        expect.stringContaining('may not list externalsecrets, secretstores, secrets there'),
      ])
    }
    expect(await leftOut()).toEqual(['200 ok: namespaces left out: crew, band\n', '2'])
    expect(await requestsIn(...LOST)).toEqual(new Set(['list 403']))
    expect(await Promise.all([crew.secret('first'), band.secret('first')])).toEqual(before)
    for (const namespace of [crew, band]) expect(await namespace.secret('second')).toBeUndefined()
  })

  it('are served again one by one as RoleBindings are back, by the same process', { timeout: 300_000 }, async () => {
    const { roleRef, subjects } = binding
    const { status } = await environment.plane.request('POST', bindingsOf('crew'), {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: NAME },
      roleRef,
      subjects,
    })
    expect(status).toBe(201)
    await untilMayList('crew', true)
    const inBand = await band.secret('first')
    for (const name of ['first', 'second']) await crew.untilSecret(name, { password: 'two' }, RETURN_MS)
    await environment.simulator.put('db', 'three')
    for (const namespace of [team, crew]) await namespace.untilSecret('first', { password: 'three' })
    expect(linesWith('Permissions in namespaces are back')).toHaveLength(1)
    expect(linesWith('is left out')).toHaveLength(2)
    // The Lease was released, so that the next run leads at once.
    expect([linesWith('"Leading"').length, linesWith('Standby').length]).toEqual([2, 0])
    expect(await leftOut()).toEqual(['200 ok: namespaces left out: band\n', '1'])
    expect(await requestsIn('band')).toEqual(new Set(['list 403']))
    expect([await band.secret('first'), await band.secret('second')]).toEqual([inBand, undefined])
    expect(await operator.stop()).toBe(0)
  })
})
