import { type ProxyRoutes, type ProxyServer, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { noProxyMatcher } from './no-proxy.ts'

/** Variables by purpose. The lower-case name wins, as for curl and Node.js. */
const PROXY = ['https_proxy', 'HTTPS_PROXY'] as const
const NO_PROXY = ['no_proxy', 'NO_PROXY'] as const

/**
 * The proxy that `HTTPS_PROXY` names, for all hosts but those of `NO_PROXY`. All services of Alibaba Cloud are reached by HTTPS, so
 * `HTTP_PROXY` has no effect.
 * @returns undefined if no proxy is set
 * @throws SecretSyncError `InvalidSpec`; the message never holds the value, which may contain a password
 */
export function proxyRoutesOf(env: Readonly<Record<string, string | undefined>>): ProxyRoutes | undefined {
  const server = proxyServerOf(env)
  if (server === undefined) return undefined
  const isExcluded = noProxyMatcher(NO_PROXY.map((each) => env[each]).find(isSet) ?? '')
  return { proxyFor: (host, port) => (isExcluded(host, port) ? undefined : server) }
}

/** The proxy of an environment, which hosts of `NO_PROXY` do without. @throws SecretSyncError `InvalidSpec` */
export function proxyServerOf(env: Readonly<Record<string, string | undefined>>): ProxyServer | undefined {
  const name = PROXY.find((each) => isSet(env[each]))
  return name === undefined ? undefined : parseProxy(env[name] ?? '', name)
}

/** The proxy of `HOST[:PORT]`, always HTTPS; undefined for a direct connection. */
export function proxyOfEndpoint(routes: ProxyRoutes | undefined, endpoint: string): ProxyServer | undefined {
  const { hostname, port } = new URL(`https://${endpoint}`)
  return routes?.proxyFor(hostname, port === '' ? 443 : Number(port))
}

/** `HOST:PORT` of a proxy, for messages. */
export function proxyName({ host, port }: ProxyServer): string {
  return `${host}:${port}`
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== ''
}

function parseProxy(text: string, name: string): ProxyServer {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text.trim()) ? text.trim() : `http://${text.trim()}`
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') throw invalidProxy(name)
  const tls = url.protocol === 'https:'
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port)
  const server = { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port, tls }
  if (url.username === '' && url.password === '') return server
  return { ...server, authorization: new Sensitive(`Basic ${Buffer.from(userInfo(url, name)).toString('base64')}`) }
}

function userInfo({ username, password }: URL, name: string): string {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  } catch {
    throw invalidProxy(name)
  }
}

function invalidProxy(name: string): SecretSyncError {
  return new SecretSyncError(
    'InvalidSpec',
    `${name}: expected http://[USER:PASSWORD@]HOST[:PORT] or https://…, with special characters of the password as %XX`,
    { facts: { field: name } },
  )
}
