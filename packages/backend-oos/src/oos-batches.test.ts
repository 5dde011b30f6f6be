import type { SecretRef } from '@ack-secret-manager/core'
import { issueServerCertificate, type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { OpenedBackends, textOf } from '@ack-secret-manager/test-support/opened-backends'
import { type SimulatorControl, simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { json, startTestServer } from '@ack-secret-manager/test-support/test-server'
import { staticProvider } from '@ack-secret-manager/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { oosBackend } from './oos-backend.ts'

const SECRET = canary('access-key-secret')
const signal = new AbortController().signal

let simulator: Simulator
const backends = new OpenedBackends()
const control: SimulatorControl = (...request) => simulatorControl(simulator.control)(...request)
beforeAll(async () => {
  const actions = ['oos:GetSecretParameter', 'oos:GetSecretParameters', 'kms:GetSecretValue']
  simulator = await startSimulator({
    seed: {
      accessKeys: [{ id: 'LTAI5tDemo', secret: SECRET, allow: [{ actions, resources: ['*'] }] }],
      parameters: [
        { name: 'app/token', value: 'old' },
        { name: 'app/other', value: 'other' },
      ],
    },
  })
  await control('PUT', '/parameters/app/token', { value: 'new' })
})
afterEach(() => backends.close())
afterAll(() => simulator.close())

/** What a service says in one call, by default the simulator. */
async function many(
  refs: readonly SecretRef[],
  at = { endpoint: new URL(simulator.oos ?? '').host, ca: simulator.caPem },
): Promise<ReadonlyArray<string | undefined>> {
  const backend = backends.add(oosBackend({ ...at, provider: staticProvider('LTAI5tDemo', SECRET) }))
  const results = (await backend.readMany?.(refs, { signal })) ?? []
  return results.map((result) => result && (result.value === undefined ? result.error.code : textOf(result.value)))
}

describe('GetSecretParameters', () => {
  it.each<[string, SecretRef]>([
    ['version', { name: 'app/token', versionId: '1' }],
    ['version and a stage', { name: 'app/token', versionId: '1', versionStage: 'ACSCurrent' }],
    ['stage', { name: 'app/token', versionStage: 'ACSPrevious' }],
  ])('never answers for a %s, which it cannot name', async (_what, pinned) => {
    expect(await many([pinned, { name: 'app/other' }, { name: 'app/token' }])).toEqual([undefined, 'other', 'new'])
    expect(await many([pinned])).toEqual([undefined])
  })
})

describe('an entry', () => {
  const entry = { Name: 'app/token', ParameterVersion: 1, Value: 'value' }
  it.each<[string, object]>([
    ['no version', { ParameterVersion: undefined }],
    ['a version that is no number', { ParameterVersion: '1' }],
    ['a value that is no text', { Value: 1 }],
    ['another name', { Name: 'app/toke' }],
  ])('with %s is none: only a read of its own can tell', async (_what, change) => {
    const certificate = await issueServerCertificate(['127.0.0.1'])
    const other = { Name: 'app/other', ParameterVersion: 1, Value: 'other' }
    await using server = await startTestServer(json(200, { Parameters: [{ ...entry, ...change }, other] }), {
      key: certificate.keyPem,
      cert: certificate.chainPem,
    })
    const refs = [{ name: 'app/token' }, { name: 'app/other' }]
    expect(await many(refs, { endpoint: server.endpoint, ca: certificate.rootPem })).toEqual([undefined, 'other'])
  })
})
