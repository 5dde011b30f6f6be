import { type Network, SecretSyncError } from '@ack-secret-manager/core'

/** Longest host name of the DNS, with a port. */
const MAX_ENDPOINT_LENGTH = 253 + ':65535'.length
const REGION = /^[a-z]{2}[a-z0-9-]{1,62}$/

/**
 * Regions that a tenant may name. Other names would also give hosts that customers choose, such as `BUCKET.oss-cn-hangzhou.aliyuncs.com` with
 * a bucket called `kms-vpc`.
 */
export const REGION_PATTERN = '(?:af|ap|cn|eu|me|na|rus|sa|us)(?:-[a-z0-9]+)+'

/** Origin of an endpoint, for messages. */
export interface EndpointContext {
  /** Name of the option or field. @default 'endpoint' */
  readonly field?: string
  /** A valid endpoint. @default 'kms.cn-hangzhou.aliyuncs.com' */
  readonly example?: string
}

/**
 * `host` or `host:port` in canonical form, without port 443. Rejects everything that a URL parser would silently turn into
 * another host: user info, upper case, `0x7f.1`, Unicode, a path.
 * @throws SecretSyncError `InvalidSpec`
 */
export function parseEndpoint(text: string, context: EndpointContext = {}): string {
  const { field = 'endpoint', example = 'kms.cn-hangzhou.aliyuncs.com' } = context
  // `URL.parse` came with Node 22.1 and is in no `lib` of TypeScript's es2023.
  const url =
    text.length <= MAX_ENDPOINT_LENGTH && URL.canParse(`https://${text}`) ? new URL(`https://${text}`) : undefined
  const canonical = url !== undefined && (text === url.host || text === `${url.hostname}:443`)
  if (!canonical || !/^[a-z0-9.:[\]-]+$/.test(text) || url.hostname.endsWith('.')) {
    const got = JSON.stringify(text.slice(0, 80))
    throw new SecretSyncError(
      'InvalidSpec',
      `${field}: expected HOST or HOST:PORT in lower case, such as ${example}, got ${got}`,
      { facts: { field } },
    )
  }
  return url.host
}

const VPC_ENDPOINT = /^([a-z0-9]+)-vpc\.([a-z0-9-]+\.aliyuncs\.com)$/

/**
 * The endpoint of a service in a region: `kms-vpc.cn-hangzhou.aliyuncs.com`, or `kms.cn-hangzhou.aliyuncs.com` in the public network.
 * @throws SecretSyncError `InvalidSpec` for a malformed region or another network
 */
export function regionalEndpoint(
  service: 'cr' | 'kms' | 'oos' | 'sts',
  region: string,
  network: Network = 'vpc',
): string {
  return `${service}${parseNetwork(network) === 'vpc' ? '-vpc' : ''}.${parseRegion(region)}.aliyuncs.com`
}

/**
 * A network, unchanged.
 * @param field name of the option or variable
 * @throws SecretSyncError `InvalidSpec`
 */
export function parseNetwork(text: string, field = 'network'): Network {
  if (text === 'vpc' || text === 'public') return text
  throw new SecretSyncError(
    'InvalidSpec',
    `${field}: expected vpc or public, got ${JSON.stringify(text).slice(0, 80)}`,
    { facts: { field } },
  )
}

/** The public endpoint that belongs to a VPC endpoint; undefined for any other host. */
export function publicEndpointOf(endpoint: string): string | undefined {
  const [, service, rest] = VPC_ENDPOINT.exec(endpoint) ?? []
  return service === undefined ? undefined : `${service}.${rest}`
}

/**
 * A region id, unchanged.
 * @throws SecretSyncError `InvalidSpec`
 */
export function parseRegion(text: string): string {
  if (REGION.test(text)) return text
  const got = JSON.stringify(text.slice(0, 80))
  throw new SecretSyncError('InvalidSpec', `region: expected a region id such as cn-hangzhou, got ${got}`, {
    facts: { field: 'region' },
  })
}
