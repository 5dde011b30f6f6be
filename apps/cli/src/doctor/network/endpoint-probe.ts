import {
  classifyConnectionError,
  clockSkewMs,
  openTunnel,
  proxyName,
  systemCodeOf,
} from '@ack-secret-manager/alicloud-openapi'
import type { ProxyServer } from '@ack-secret-manager/core'
import { lookup } from 'node:dns/promises'
import https from 'node:https'
import { isIP, type Socket } from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import { connectionAction } from './connection-action.ts'

const TUNNEL_TIMEOUT_MS = 5_000

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
  /** @default a direct connection */
  readonly proxy?: ProxyServer | undefined
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
  const host = hostOf(target.endpoint)
  const port = Number(new URL(`https://${target.endpoint}`).port || 443)
  const tunnel = await tunnelOf(target, host, port)
  if (signal.aborted) tunnel?.destroy()
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    // Node takes `createConnection` only without an agent.
    const way = tunnel ? { createConnection: () => overTunnel(tunnel, host) } : { agent: false as const }
    const request = https.request({ method: 'HEAD', host, port, path: '/', signal, ...way })
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

function overTunnel(socket: Socket, host: string): TLSSocket {
  return tls.connect({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}) })
}

async function tunnelOf(target: ProbeTarget, host: string, port: number): Promise<Socket | undefined> {
  const { proxy } = target
  if (proxy === undefined) return undefined
  try {
    return await openTunnel({ proxy, host, port, timeoutMs: TUNNEL_TIMEOUT_MS })
  } catch (error) {
    throw failureOf(error, target)
  }
}

/** Host name of `HOST[:PORT]`. */
export function hostOf(endpoint: string): string {
  return new URL(`https://${endpoint}`).hostname.replace(/^\[(.*)\]$/, '$1')
}

function failureOf(error: unknown, { endpoint, proxy }: ProbeTarget): ConnectionFailure {
  const systemCode = systemCodeOf(error)
  const { hint } = classifyConnectionError(systemCode, {
    untrusted: 'its CA is not known here',
    endpoint,
    ...(proxy && { proxy: proxyName(proxy) }),
  })
  const action = connectionAction({ systemCode, endpoint, proxy: proxy && proxyName(proxy) })
  return new ConnectionFailure(`${endpoint}: ${hint}`, action)
}
