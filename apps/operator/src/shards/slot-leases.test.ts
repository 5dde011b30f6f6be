import { type KubeClient, KubeApiError, type KubeObject } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
import { slotLease } from './slot-lease.ts'
import { KubeSlotLeases } from './slot-leases.ts'

const PATH = '/apis/coordination.k8s.io/v1/namespaces/ops/leases/lease-2'
const STALE: KubeObject = {
  metadata: { name: 'lease-2', resourceVersion: '7', labels: { team: 'red' } },
  spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z', strategy: 'x' },
}
const { signal } = new AbortController()

/** Clears the Lease that was observed as {@link STALE}. @param current what the API server has */
async function clear(current: KubeObject, failures: { readonly get?: number; readonly update?: number } = {}) {
  const writes: unknown[] = []
  const fail = (status: number | undefined): void => {
    if (status !== undefined) throw new KubeApiError(`${status}`, { status, reason: '', causes: [] })
  }
  const client = {
    get: async (path: string) => {
      expect(path).toBe(PATH)
      fail(failures.get)
      return current
    },
    update: async (path: string, body: KubeObject) => {
      expect(path).toBe(PATH)
      fail(failures.update)
      writes.push(body)
      return { ...body, metadata: { ...body.metadata, resourceVersion: '8' } }
    },
  } as unknown as KubeClient
  const options = { client, watchClient: client, namespace: 'ops', name: 'lease', onFault: () => undefined }
  return { cleared: await new KubeSlotLeases(options).clear(slotLease(STALE), signal), writes }
}

it('clears the holder of a Lease, and keeps everything else', async () => {
  const { cleared, writes } = await clear(STALE)
  expect(writes).toEqual([{ ...STALE, spec: { ...(STALE.spec as object), holderIdentity: '' } }])
  expect(cleared).toMatchObject({ slot: 'lease-2', resourceVersion: '8', record: { holder: '', durationMs: 15_000 } })
})

it('does not write a Lease that has changed since', async () => {
  const changed = { ...STALE, metadata: { ...STALE.metadata, resourceVersion: '8' } }
  expect(await clear(changed)).toEqual({ cleared: undefined, writes: [] })
})

it.each([[{ get: 404 }], [{ update: 404 }], [{ update: 409 }]])('treats %o as a change', async (failures) => {
  expect(await clear(STALE, failures)).toEqual({ cleared: undefined, writes: [] })
})

it.each([[{ get: 403 }], [{ update: 403 }], [{ update: 500 }]])('reports %o', async (failures) => {
  await expect(clear(STALE, failures)).rejects.toBeInstanceOf(KubeApiError)
})
