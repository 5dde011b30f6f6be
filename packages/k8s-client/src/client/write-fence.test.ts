import { SecretSyncError } from '@ack-secret-manager/core'
import { expect, it, vi } from 'vitest'
import { KubeClient } from './kube-client.ts'
import { json, rawServer } from '../testing/raw-server.ts'
import type { WriteFence } from './write-fence.ts'

const WAIT = { timeout: 60_000, interval: 5 }
const { signal } = new AbortController()
const path = '/api/v1/namespaces/app/secrets/db'
const FOUND = { kind: 'Secret', metadata: { name: 'db' } }

class ManualFence implements WriteFence {
  isOpen = true
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined

  get isWaitedFor(): boolean {
    return this.#waiting !== undefined
  }

  async opened(): Promise<void> {
    if (this.isOpen) return
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  open(): void {
    this.isOpen = true
    this.#waiting?.resolve()
  }

  refuse(): void {
    this.#waiting?.reject(new SecretSyncError('Cancelled', 'leadership ended'))
  }
}

it('holds back a write that waited for a connection, and sends it once when the fence opens', async () => {
  let answerFirst = (): void => undefined
  await using server = await rawServer((request, response) => {
    if (request.path !== '/first') return json(response, FOUND)
    answerFirst = () => json(response, FOUND)
    return undefined
  })
  const fence = new ManualFence()
  await using client = new KubeClient({ credentials: server.credentials, connections: 1, fence })
  const blocking = client.get('/first', { signal })
  await vi.waitFor(() => expect(server.seen).toHaveLength(1), WAIT)
  const write = client.mergePatch(path, { data: null }, { signal })
  await new Promise((resolve) => setImmediate(resolve))
  fence.isOpen = false
  answerFirst()
  await blocking
  await vi.waitFor(() => expect(fence.isWaitedFor).toBe(true), WAIT)
  await client.get('/read', { signal })
  expect(server.seen.map(({ path: seen }) => seen)).toEqual(['/first', '/read'])
  fence.open()
  await write
  expect(server.seen.map(({ method }) => method)).toEqual(['GET', 'GET', 'PATCH'])
})

it.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('sends no %s after leadership has ended', async (method) => {
  await using server = await rawServer((_request, response) => json(response, FOUND))
  const fence = new ManualFence()
  fence.isOpen = false
  await using client = new KubeClient({ credentials: server.credentials, fence })
  const write = client.request({ method, path, body: {}, signal })
  await vi.waitFor(() => expect(fence.isWaitedFor).toBe(true), WAIT)
  fence.refuse()
  await expect(write).rejects.toMatchObject({ code: 'Cancelled' })
  expect(server.seen).toEqual([])
})
