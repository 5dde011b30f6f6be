import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { type Clock, isSecretSyncError, systemClock } from '@ack-secret-manager/core'
import { createOf, there } from '@ack-secret-manager/testkit'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { WriterBench } from '../testing/writer-bench.ts'

const { signal } = new AbortController()
const GRACE_MS = 30_000

describeCluster('a 403 shortly after the connection to the API server broke', () => {
  const cluster = useCluster()
  const sockets = new Set<Socket>()
  let skippedMs = 0
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skippedMs }
  let relay: Server
  let directory: string
  let admin: WriterBench
  let limited: WriterBench

  beforeAll(async () => {
    const config = parse(await readFile(cluster.kubeconfigPath, 'utf8')) as {
      clusters: { cluster: { server: string } }[]
    }
    const entry = there(config.clusters[0]).cluster
    relay = await relayTo(new URL(entry.server), sockets)
    entry.server = `https://127.0.0.1:${(relay.address() as AddressInfo).port}`
    directory = await mkdtemp(join(tmpdir(), 'k8s-writer-'))
    const kubeconfigPath = join(directory, 'kubeconfig')
    await writeFile(kubeconfigPath, stringify(config), { mode: 0o600 })
    admin = await WriterBench.open({ ...cluster, kubeconfigPath }, { watch: false })
    await admin.grant('list', 'watch')
    limited = await admin.withoutRights({ clock })
  })
  afterAll(async () => {
    await limited[Symbol.asyncDispose]()
    await admin[Symbol.asyncDispose]()
    for (const socket of sockets) socket.destroy()
    relay.close()
    await rm(directory, { recursive: true })
  })

  it('is an outage for 30 seconds, and a denied write before and after', async () => {
    const target = { namespace: cluster.namespace, name: 'denied' }
    const owner = await admin.owner('denied')
    const write = (): Promise<unknown> =>
      limited.writer.apply(createOf(limited, target, owner, { a: '1' }), { signal }).then(
        () => 'written',
        (error: unknown) => (isSecretSyncError(error) ? [error.code, error.facts.httpStatus] : error),
      )
    expect(await write()).toEqual(['WriteDenied', 403])

    for (const socket of sockets) socket.destroy()
    await vi.waitFor(() => expect(limited.writer.watchStats?.faults).toBeGreaterThan(0), { timeout: 40_000 })
    expect(await write()).toEqual(['Unavailable', 403])

    skippedMs = GRACE_MS
    expect(await write()).toEqual(['WriteDenied', 403])
    expect(await admin.object(target)).toBeUndefined()
  })
})

/** Forwards TCP connections to the API server, so that the test can break them. */
async function relayTo(to: URL, sockets: Set<Socket>): Promise<Server> {
  const server = createServer((inbound) => {
    const outbound = connect(Number(to.port), to.hostname)
    inbound.pipe(outbound).pipe(inbound)
    for (const socket of [inbound, outbound]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        inbound.destroy()
        outbound.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
