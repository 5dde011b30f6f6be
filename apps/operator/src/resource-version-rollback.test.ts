import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { runMain } from './main.ts'
import { wireServer } from './testing/wire-server.ts'

const OTHER = {
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

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = '', url = '' } = request
    if (this.#isReported && method !== 'GET') this.writesAfter.push(`${method} ${url}`)
    if (!url.includes('watch=true')) return void this.#answer(request, response)
    if (this.#revision === '500') return void response.destroy()
    this.#watches.add(response)
    response.writeHead(200).flushHeaders()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await this.#bodyFor(request)
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? { kind: 'Status', reason: 'NotFound', code: 404 }))
  }

  async #bodyFor(request: IncomingMessage): Promise<unknown> {
    const { method, url = '' } = request
    if (url.includes('digest-key')) return { metadata: {}, data: { key: Buffer.alloc(32).toString('base64') } }
    if (url.includes('/leases')) {
      if (method !== 'GET') this.#lease = { ...(await bodyOf(request)), metadata: { resourceVersion: '8' } }
      return this.#lease
    }
    if (url.includes('/externalsecrets') && this.#revision === '500') this.#isReported = true
    return { metadata: { resourceVersion: this.#revision }, items: [] }
  }
}

async function bodyOf(request: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as object
}

it.each([
  ['leads with a Lease', '"Leading"', undefined, true],
  ['leads without leader election', '"Leading"', undefined, false],
  ['is on standby', '"Standby: another replica is the leader"', OTHER, true],
])(
  'a replica that %s exits with 1 after an etcd restore, without further writes',
  async (_state, line, lease, elect) => {
    const cluster = new EmptyCluster(lease)
    await using server = await wireServer(cluster.answer)
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
