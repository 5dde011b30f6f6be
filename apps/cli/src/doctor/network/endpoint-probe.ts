import { classifyConnectionError, clockSkewMs, systemCodeOf } from '@ack-secret-manager/alicloud-openapi'
import { lookup } from 'node:dns/promises'
import https from 'node:https'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { connectionAction } from './connection-action.ts'

/** What a server shows of itself before any request is signed. */
export interface ServerFacts {
  /** How far the local clock is ahead of the server's; undefined without a Date header. */
  readonly skewMs: number | undefined
  /** Name of the issuer of its certificate. */
  readonly issuer: string
  /** End of the certificate, wall-clock milliseconds. */
  readonly validToMs: number
  readonly protocol: string
}

/** A connection that failed, in words, with what to do. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure'
  readonly action: string

  constructor(message: string, action: string) {
    super(message)
    this.action = action
  }
}

/** Where to connect, and through what. */
export interface ProbeTarget {
  /** `HOST[:PORT]` */
  readonly endpoint: string
  /** Agent of the proxy; undefined connects directly. */
  readonly agent?: https.Agent | undefined
  /** The proxy without its credentials, for messages. */
  readonly proxy?: string | undefined
}

/** Addresses of a host, or why there are none. @throws ConnectionFailure */
export async function resolveHost(endpoint: string): Promise<readonly string[]> {
  const host = hostOf(endpoint)
  if (isIP(host) !== 0) return [host]
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address)
  } catch (error) {
    throw failureOf(error, { endpoint })
  }
}

/**
 * Connects, verifies the certificate and sends `HEAD /` without credentials.
 * @throws ConnectionFailure
 */
export async function probeServer(target: ProbeTarget, signal: AbortSignal, nowMs: () => number): Promise<ServerFacts> {
  const { endpoint, agent = false } = target
  const { hostname, port } = new URL(`https://${endpoint}`)
  return new Promise((resolve, reject) => {
    const request = https.request({ method: 'HEAD', host: bare(hostname), port: port || 443, path: '/', agent, signal })
    request.once('response', (response) => {
      const socket = response.socket as TLSSocket
      const { issuer, valid_to: validTo } = socket.getPeerCertificate()
      resolve({
        skewMs: clockSkewMs(response.headers, nowMs()),
        issuer: String(issuer?.CN ?? issuer?.O ?? 'an unnamed issuer'),
        validToMs: Date.parse(validTo),
        protocol: socket.getProtocol() ?? 'TLS',
      })
      request.destroy()
    })
    request.on('error', (error) => reject(signal.aborted ? error : failureOf(error, target)))
    request.end()
  })
}

/** Host name of `HOST[:PORT]`. */
export function hostOf(endpoint: string): string {
  return bare(new URL(`https://${endpoint}`).hostname)
}

function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

function failureOf(error: unknown, { endpoint, proxy }: ProbeTarget): ConnectionFailure {
  const systemCode = systemCodeOf(error)
  const { hint } = classifyConnectionError(systemCode, {
    untrusted: 'its CA is not known here',
    endpoint,
  })
  return new ConnectionFailure(
    `${endpoint}${proxy === undefined ? '' : ` through ${proxy}`}: ${hint}`,
    connectionAction({ systemCode, endpoint, proxy }),
  )
}
