/** What to do about a connection that failed. */
export interface ConnectionProblem {
  /** Error code of Node: `ENOTFOUND`. Undefined if there was no response in time. */
  readonly systemCode: string | undefined
  /** `HOST[:PORT]` */
  readonly endpoint: string
  /** The proxy of the connection. */
  readonly proxy?: string | undefined
}

const CERTIFICATES = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
])
/** Codes of a certificate that has expired or is not valid yet, by the clock of this machine. */
export const VALIDITY: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])
const VPC_ENDPOINT = /^[a-z0-9]+-vpc\./

/** The one thing to do about a failed connection. Pure. */
export function connectionAction({ systemCode, endpoint, proxy }: ConnectionProblem): string {
  if (systemCode?.startsWith('PROXY_') === true) return proxyAction(systemCode.slice('PROXY_'.length), endpoint, proxy)
  if (systemCode !== undefined && CERTIFICATES.has(systemCode)) {
    return `Trust the CA of ${endpoint}, or of the proxy in between: set NODE_EXTRA_CA_CERTS=FILE and run the same command again`
  }
  if (systemCode !== undefined && VALIDITY.has(systemCode)) {
    return 'Set the clock of this machine; if it is right, the certificate has to be renewed by its owner'
  }
  if (systemCode === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `Correct the endpoint, or the hosts entry of this machine that leads ${endpoint} to another server`
  }
  if (proxy !== undefined) return `Check the proxy ${proxy}, or name the host in NO_PROXY if it needs none`
  if (VPC_ENDPOINT.test(endpoint)) {
    return 'Run this inside a VPC of the region, or use the public endpoints: --network public'
  }
  if (systemCode === 'ENOTFOUND')
    return 'Correct the endpoint or region; if they are right, check the DNS of this machine'
  if (systemCode === 'ECONNREFUSED') return `Correct the endpoint and its port: nothing listens at ${endpoint}`
  return `Allow HTTPS from this machine to ${endpoint} in firewalls and security groups, or set HTTPS_PROXY`
}

/** @param code HTTP status of its refusal, `TIMEOUT`, or the code of the connection to it */
function proxyAction(code: string, endpoint: string, proxy = 'of HTTPS_PROXY'): string {
  if (code === '407') return 'Correct user and password in HTTPS_PROXY, with special characters as %XX'
  if (/^\d+$/.test(code)) return `Let the proxy ${proxy} connect to ${endpoint}, or add the host to NO_PROXY`
  return `Correct HTTPS_PROXY, or reach the proxy ${proxy} from this machine`
}
