import type { ServerResponse } from 'node:http'
import { json, type RecordedRequest } from '@ack-secret-manager/test-support/test-server'
import { expect, it } from 'vitest'
import { runMain } from './main.ts'
import { wireServer } from './testing/wire-server.ts'

const OTHER = {
  kind: 'Lease',
  metadata: { name: 'ack-secret-manager', resourceVersion: '7' },
  spec: { holderIdentity: 'another', leaseDurationSeconds: 15, leaseTransitions: 0 },
}

/** A fake API server that contains only a Lease, at revision 1000 until its etcd is restored. */
class EmptyCluster {
  /** Method and path of writes after the server has reported an earlier revision. */
  readonly writesAfter: string[] = []
  readonly #watches = new Set<ServerResponse>()
  #lease: unknown
  #revision = '1000'
  #isReported = false

  constructor(lease: unknown) {
    this.#lease = lease
  }

  /** Cuts all watches, as a stopping API server does; new ones are cut until the rollback was reported. */
  restore(): void {
    this.#revision = '500'
    for (const watch of this.#watches) watch.destroy()
  }

  readonly respond = (request: RecordedRequest, response: ServerResponse): void => {
    const { method, url } = request
    if (this.#isReported && method !== 'GET') this.writesAfter.push(`${method} ${url}`)
    if (!url.includes('watch=true')) return this.#sendBody(request, response)
    if (this.#revision === '500') return void response.destroy()
    this.#watches.add(response)
    response.writeHead(200).flushHeaders()
  }

  #sendBody(request: RecordedRequest, response: ServerResponse): void {
    const body = this.#bodyFor(request)
    const notFound = { kind: 'Status', reason: 'NotFound', code: 404 }
    json(body === undefined ? 404 : 200, body ?? notFound)(response, request)
  }

  #bodyFor({ method, url, body }: RecordedRequest): unknown {
    const key = Buffer.alloc(32).toString('base64')
    if (url.includes('digest-key'))
      return { kind: 'Secret', metadata: { name: 'ack-secret-manager-digest-key' }, data: { key } }
    if (url.includes('/leases')) {
      const metadata = { name: 'ack-secret-manager', resourceVersion: '8' }
      if (method !== 'GET') this.#lease = { ...(JSON.parse(body) as object), metadata }
      return url.includes('/leases/') || method !== 'GET' ? this.#lease : { metadata: {}, items: [] }
    }
    if (url.includes('/externalsecrets') && this.#revision === '500') this.#isReported = true
    return { metadata: { resourceVersion: this.#revision }, items: [] }
  }
}

it.each([
  ['leads with a Lease', '"Leading"', undefined, true],
  ['leads without leader election', '"Leading"', undefined, false],
  ['is on standby', '"Standby: another replica is the leader"', OTHER, true],
])(
  'a replica that %s exits with 1 after an etcd restore, without further writes',
  async (_state, line, lease, elect) => {
    const cluster = new EmptyCluster(lease)
    await using server = await wireServer(cluster.respond)
    let err = ''
    const lines: string[] = []
    // No renewal of the Lease in between.
    const flags = [
      '--lease-duration=60s',
      '--metrics-bind-address=0',
      '--health-probe-bind-address=0',
      '--leader-election-namespace=ops',
    ]
    const code = await runMain({
      argv: ['--kubeconfig', server.kubeconfig, `--leader-elect=${elect}`, ...flags],
      env: {},
      signal: AbortSignal.timeout(100_000),
      stdout: {
        write: (text) => {
          lines.push(text)
          if (text.includes(line)) cluster.restore()
        },
      },
      stderr: { write: (text) => void (err += text) },
    })
    expect({ code, err, writesAfter: cluster.writesAfter }).toEqual({
      code: 1,
      err: 'ack-secret-manager: resourceVersion went backwards (etcd restored from a backup?); exiting to rebuild all caches\n',
      writesAfter: [],
    })
    const errors = lines.filter((text) => text.includes('"level":"error"')).map((text) => JSON.parse(text) as object)
    expect(errors).toEqual([
      expect.objectContaining({
        path: '/apis/alibabacloud.com/v1alpha1/externalsecrets',
        reached: '1000',
        listed: '500',
        message: expect.stringMatching(/^resourceVersion went backwards \(etcd restored from a backup\?\); /),
      }),
    ])
  },
)
