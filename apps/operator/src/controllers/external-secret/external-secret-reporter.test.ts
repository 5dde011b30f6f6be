import { KubeApiError, type KubeClient, type KubeObject } from '@ack-secret-manager/k8s-client'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import type { SyncResource } from '@ack-secret-manager/sync-engine'
import { expect, it } from 'vitest'
import { mergePatch } from '../../testing/merge-patch.ts'
import { ExternalSecretReporter } from './external-secret-reporter.ts'

const STATUS: ExternalSecretStatus = { observedGeneration: 1, conditions: [], dataSyncResults: [], secrets: [] }
const FULL: ExternalSecretStatus = {
  ...STATUS,
  found: 2,
  generated: [{ name: 'password', generatedTime: '2026-01-02T03:04:05Z' }],
  target: { name: 'db', uid: 's1', keyCount: 3, lastChangeTime: '2026-01-02T03:04:05Z' },
  lastHandledRefresh: 'now',
}

/** The stored status after these writes. */
async function stored(...statuses: readonly ExternalSecretStatus[]): Promise<unknown> {
  let object: KubeObject = { metadata: { namespace: 'app', name: 'db', uid: 'u1' } }
  const patch = async (_path: string, body: object) => (object = mergePatch(object, body) as KubeObject)
  const client = { mergePatch: patch as unknown as KubeClient['mergePatch'] }
  const reporter = new ExternalSecretReporter({ client, events: { record: () => undefined } })
  const resource = { namespace: 'app', name: 'db', uid: 'u1' } as SyncResource
  for (const status of statuses) await reporter.writeStatus(resource, status, { signal: new AbortController().signal })
  return object['status']
}

it('writes every field', async () => {
  expect(await stored(FULL)).toEqual(FULL)
})

it('removes each field that the new status does not have', async () => {
  expect(await stored(FULL, STATUS)).toEqual(STATUS)
})

it('removes the time of the last change of another Secret', async () => {
  const status = { ...STATUS, target: { name: 'db', uid: 's2', keyCount: 3 } }
  expect(await stored(FULL, status)).toEqual(status)
})

it.each([
  ['InvalidSpec', 422, 'is reported by its Event only'],
  ['InvalidSpec', 500, 'is written again'],
  ['TargetConflict', 422, 'is written again'],
] as const)('the status %s that the API server refuses with %d %s', async (reason, code, then) => {
  const error = new KubeApiError('refused', { status: code, reason: 'Invalid', causes: [] })
  const client = { mergePatch: () => Promise.reject(error) }
  const reporter = new ExternalSecretReporter({ client, events: { record: () => undefined } })
  const condition = {
    type: 'Ready',
    status: 'False',
    reason,
    message: '',
    lastTransitionTime: '',
    observedGeneration: 1,
  }
  const status = { ...STATUS, conditions: [condition] } as ExternalSecretStatus
  const resource = { namespace: 'app', name: 'db', uid: 'u1' } as SyncResource
  const written = reporter.writeStatus(resource, status, { signal: new AbortController().signal })
  if (then === 'is written again') await expect(written).rejects.toThrow('refused')
  else await expect(written).resolves.toBeUndefined()
})
