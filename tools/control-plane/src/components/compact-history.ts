import { Agent } from 'undici'

const DEADLINE_MS = 30_000

/**
 * Compacts etcd to its current revision, through the JSON gateway on its socket. @throws Error if etcd is unavailable or rejects the
 * request
 */
export async function compactHistory(etcdSocket: string): Promise<void> {
  const agent = new Agent({ allowH2: false, connect: { socketPath: etcdSocket } })
  const ask = async (path: string, body: object): Promise<{ readonly header: { readonly revision: string } }> => {
    const response = await agent.request({
      origin: 'http://etcd',
      path,
      method: 'POST',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    const text = await response.body.text()
    if (response.statusCode !== 200) throw new Error(`etcd: POST ${path}: HTTP ${response.statusCode} ${text}`)
    return JSON.parse(text) as { readonly header: { readonly revision: string } }
  }
  try {
    const { header } = await ask('/v3/maintenance/status', {})
    await ask('/v3/kv/compaction', { revision: header.revision, physical: true })
  } finally {
    await agent.destroy()
  }
}
