import { httpsCall } from './https-call.ts'

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
  const body = options.inQuery === true ? '' : own.toString()
  const { status, body: json } = await httpsCall(url, { method: 'POST', headers, body, ca: options.caPem })
  return { status, json: JSON.parse(json.toString('utf8')) as Record<string, unknown> }
}
