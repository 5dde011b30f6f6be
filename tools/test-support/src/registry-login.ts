import { Agent, request } from 'node:https'

/** A user name and a password for the domain name of a registry, as in `.dockerconfigjson`. */
export interface RegistryLoginRequest {
  readonly domain: string
  readonly username: string
  readonly password: string
  /** @default '/v2/' */
  readonly path?: string
  /** @default 'GET' */
  readonly method?: string
}

export interface RegistryLoginResponse {
  readonly status: number
  readonly challenge: string | undefined
}

const agent = new Agent({ keepAlive: true })
const DEADLINE_MS = 30_000

/** Logs in as `docker login` does, but at the simulator instead of the address of the domain. */
export function registryLogin(
  { registry = '', caPem }: { readonly registry: string | undefined; readonly caPem: string },
  { domain, username, password, path = '/v2/', method = 'GET' }: RegistryLoginRequest,
): Promise<RegistryLoginResponse> {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const { promise, resolve, reject } = Promise.withResolvers<RegistryLoginResponse>()
  const outgoing = request(
    new URL(path, registry),
    {
      method,
      headers: { host: domain, authorization },
      ca: caPem,
      agent,
      // The certificate names the address of the simulator.
      servername: 'localhost',
      timeout: DEADLINE_MS,
    },
    (response) => {
      response.on('error', reject)
      const { statusCode: status = 0, headers } = response
      response.on('end', () => resolve({ status, challenge: headers['www-authenticate'] }))
      response.resume()
    },
  )
  outgoing.on('timeout', () => outgoing.destroy(new Error('no response')))
  outgoing.on('error', reject)
  outgoing.end()
  return promise
}
