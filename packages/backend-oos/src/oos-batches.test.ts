import type { SecretRef } from '@ack-secret-manager/core'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { OpenedBackends, textOf } from '@ack-secret-manager/test-support/opened-backends'
import { type SimulatorControl, simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
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

async function many(refs: readonly SecretRef[]): Promise<ReadonlyArray<string | undefined>> {
  const backend = backends.add(
    oosBackend({
      endpoint: new URL(simulator.oos ?? '').host,
      ca: simulator.caPem,
      provider: staticProvider('LTAI5tDemo', SECRET),
    }),
  )
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
