import { Agent } from 'undici'
import { parse } from 'yaml'

/** A response of the API server; `body` is the parsed JSON, or text for other content. */
export interface ApiAnswer<Body> {
  readonly status: number
  readonly body: Body
}

/** Sends one request as the user of the kubeconfig. No status is an error. A PATCH is a JSON merge patch unless `contentType` says otherwise. */
export type ApiRequest = <Body = Record<string, unknown>>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
  options?: { readonly contentType?: string; readonly deadlineMs?: number },
) => Promise<ApiAnswer<Body>>

/** A raw client for setup and assertions of tests, with a kubeconfig of this package. */
export interface ApiClient {
  readonly request: ApiRequest
  close(): Promise<void>
}

interface OwnKubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }]
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }]
}

/** Server address and user identity of a kubeconfig. */
export interface KubeconfigTarget {
  readonly server: string
  readonly caPem: string
  /** Client certificate. */
  readonly identity?: { readonly cert: string; readonly key: string }
  readonly token?: string
}

/** Reads the text of a kubeconfig with one cluster and one user. */
export function readKubeconfig(kubeconfig: string): KubeconfigTarget {
  const config = parse(kubeconfig) as OwnKubeconfig
  const { cluster } = config.clusters[0]
  const { user } = config.users[0]
  const pem = (base64: string | undefined): string | undefined => base64 && Buffer.from(base64, 'base64').toString()
  const cert = pem(user['client-certificate-data'])
  const key = pem(user['client-key-data'])
  return {
    server: cluster['server'] ?? '',
    caPem: pem(cluster['certificate-authority-data']) ?? '',
    ...(cert && key ? { identity: { cert, key } } : {}),
    ...(user['token'] ? { token: user['token'] } : {}),
  }
}

/** The API server accepts no patch as `application/json`. */
const CONTENT_TYPES: Readonly<Record<string, string>> = { PATCH: 'application/merge-patch+json' }

/** Opens a raw client from the text of a kubeconfig. */
export function openApi(kubeconfig: string): ApiClient {
  const { server: origin, caPem: ca, identity, token } = readKubeconfig(kubeconfig)
  const agent = new Agent({ allowH2: false, connect: { ca, ...identity } })
  const request: ApiRequest = async (method, path, body, options = {}) => {
    const { contentType = CONTENT_TYPES[method] ?? 'application/json', deadlineMs = 30_000 } = options
    const response = await agent.request({
      origin,
      path,
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body ? { 'content-type': contentType } : {}),
      },
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(deadlineMs),
    })
    const text = await response.body.text()
    const isJson = String(response.headers['content-type']).startsWith('application/json')
    return { status: response.statusCode, body: isJson ? JSON.parse(text) : text }
  }
  return { request, close: () => agent.destroy() }
}
