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
    command: { region: 'cn-hangzhou', pollingInterval: '1s', watchNamespaces: ['team', 'crew'] },
    rbac: { scope: 'Namespaced' },
  },
}
/** Longer than the checks for returned permissions are apart. */
const RETURN_MS = 180_000
const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/namespaces/crew/rolebindings'

interface Binding {
  readonly roleRef: object
  readonly subjects: readonly object[]
}

describeCluster('a namespace whose administrator deleted the RoleBinding', () => {
  let environment: InstallEnvironment
  let audit: AuditLog
  let team: NamespaceObjects
  let crew: NamespaceObjects
  let operator: OperatorProcess
  let binding: Binding
  beforeAll(async () => {
    environment = await InstallEnvironment.open()
    audit = new AuditLog(environment.plane.auditLogPath)
    team = await environment.namespace('team')
    crew = await environment.namespace('crew')
    await environment.helm.install(RELEASE)
    await environment.served()
    const before = await environment.operator(NAME)
    for (const namespace of [team, crew]) {
      await namespace.apply('SecretStore', 'kms', ACCESS_KEY_STORE)
      await namespace.apply('ExternalSecret', 'first', copyOf('kms'))
      await namespace.untilSecret('first', { password: 'one' })
    }
    await before.stop()
    binding = (await environment.plane.request<Binding>('GET', `${BINDINGS}/${NAME}`)).body
    await environment.plane.request('DELETE', `${BINDINGS}/${NAME}`)
    await untilMayList(false)
    await audit.take(USER)
  })
  afterAll(() => environment?.[Symbol.asyncDispose]())

  const untilMayList = (allowed: boolean): Promise<void> =>
    untilAllowed(environment.plane.request, USER, { verb: 'list', resource: 'secrets', namespace: 'crew' }, allowed)

  const linesWith = (text: string): readonly string[] => operator.program.lines.filter((line) => line.includes(text))

  it('does not stop its neighbours, and stays untouched', { timeout: 300_000 }, async () => {
    const before = await crew.secret('first')
    await crew.apply('ExternalSecret', 'second', copyOf('kms'))
    await environment.simulator.put('db', 'two')
    operator = await environment.pod(NAME)
    await team.untilSecret('first', { password: 'two' })
    await team.apply('ExternalSecret', 'second', copyOf('kms'))
    await team.untilSecret('second', { password: 'two' })
    expect(linesWith('Namespace crew is left out')).toEqual([
      expect.stringContaining('may not list externalsecrets, secretstores, secrets there'),
    ])
    const readyz = await fetch(`http://127.0.0.1:${operator.healthPort}/readyz`)
    expect([readyz.status, await readyz.text()]).toEqual([200, 'ok: namespaces left out: crew\n'])
    const inCrew = (await audit.take(USER)).filter(({ namespace }) => namespace === 'crew')
    expect(new Set(inCrew.map(({ verb, code }) => `${verb} ${code}`))).toEqual(new Set(['list 403']))
    expect([await crew.secret('first'), await crew.secret('second')]).toEqual([before, undefined])
  })

  it('is served again after its RoleBinding is back, by the same process', { timeout: 300_000 }, async () => {
    const { roleRef, subjects } = binding
    const { status } = await environment.plane.request('POST', BINDINGS, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: NAME },
      roleRef,
      subjects,
    })
    expect(status).toBe(201)
    await untilMayList(true)
    for (const name of ['first', 'second']) await crew.untilSecret(name, { password: 'two' }, RETURN_MS)
    await environment.simulator.put('db', 'three')
    for (const namespace of [team, crew]) await namespace.untilSecret('first', { password: 'three' })
    expect(linesWith('Permissions in namespaces are back')).toHaveLength(1)
    expect(linesWith('is left out')).toHaveLength(1)
    // The Lease was released, so that the next run leads at once.
    expect([linesWith('"Leading"').length, linesWith('Standby').length]).toEqual([2, 0])
    expect(await operator.stop()).toBe(0)
  })
})
