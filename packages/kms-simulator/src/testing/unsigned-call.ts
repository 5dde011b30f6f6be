import { request } from 'node:https'

/** An unsigned RPC call like AssumeRoleWithOIDC: common parameters in the query, the others in the form body. */
export async function unsignedCall(
  action: string,
  options: {
    readonly endpoint: string
    readonly caPem: string
    readonly params: Readonly<Record<string, string>>
    /** All parameters go into the query. */
    readonly inQuery?: boolean
  },
): Promise<{ status: number; json: Record<string, unknown> }> {
  const own = new URLSearchParams(options.params)
  const query = new URLSearchParams({ Action: action, Version: '2015-04-01', Format: 'JSON' })
  if (options.inQuery === true) for (const [key, value] of own) query.set(key, value)
  const url = new URL(`/?${query.toString()}`, options.endpoint)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers, ca: options.caPem }, (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const json = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>
        resolve({ status: response.statusCode ?? 0, json })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(options.inQuery === true ? '' : own.toString())
  })
}
