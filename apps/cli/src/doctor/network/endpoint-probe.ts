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
import { SET_CLOCK } from '../clock-refusal.ts'
import { renewCertificate, validityProblem } from './certificate-validity.ts'
import { connectionAction, VALIDITY } from './connection-action.ts'

const TUNNEL_TIMEOUT_MS = 5_000

/** What a server shows of itself before any request is signed. */
export interface ServerFacts {
  /** How far the local clock is ahead of the server's; undefined without a Date header. */
  readonly skewMs: number | undefined
  /** Name of the issuer of its certificate. */
  readonly issuer: string
  /** Validity of the certificate, wall-clock milliseconds. */
  readonly validFromMs: number
  readonly validToMs: number
  readonly protocol: string
}

/** A connection that failed, in words, with what to do. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure'
  readonly action: string
  /** Of a server whose certificate is not valid now: how far the local clock is ahead of it, not verified. */
  readonly skewMs: number | undefined
  /** Whether only the clock of this machine is wrong. */
  readonly byClock: boolean

  constructor(message: string, action: string, { skewMs, byClock = false }: ClockFacts = {}) {
    super(message)
    this.action = action
    this.skewMs = skewMs
    this.byClock = byClock
  }
}

interface ClockFacts {
  readonly skewMs?: number | undefined
  readonly byClock?: boolean
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
 * Connects, verifies the certificate and sends `HEAD /` without credentials. A certificate that is not valid now is read once more
 * without verification, because only the time of the server tells whether the clock of this machine is the cause.
 * @throws ConnectionFailure
 */
export async function probeServer(target: ProbeTarget, signal: AbortSignal, nowMs: () => number): Promise<ServerFacts> {
  try {
    return await headOf(target, { signal, nowMs, rejectUnauthorized: true })
  } catch (error) {
    signal.throwIfAborted()
    const systemCode = systemCodeOf(error)
    if (systemCode === undefined || !VALIDITY.has(systemCode)) throw failureOf(error, target)
    let facts: ServerFacts
    try {
      facts = await headOf(target, { signal, nowMs, rejectUnauthorized: false })
    } catch {
      signal.throwIfAborted()
      // The rejected certificate is the failure; the second connection was only for its details.
      throw failureOf(error, target)
    }
    throw invalidNow(target.endpoint, systemCode, facts, nowMs())
  }
}

function invalidNow(endpoint: string, systemCode: string, facts: ServerFacts, nowMs: number): ConnectionFailure {
  const { text, cause } = validityProblem(facts, nowMs)
  const actions = {
    certificate: renewCertificate(endpoint),
    clock: SET_CLOCK,
    unknown: connectionAction({ systemCode, endpoint }),
  }
  const { skewMs } = facts
  return new ConnectionFailure(`${endpoint}: ${text} (${systemCode})`, actions[cause], {
    skewMs,
    byClock: cause === 'clock',
  })
}

interface HeadOptions {
  readonly signal: AbortSignal
  readonly nowMs: () => number
  readonly rejectUnauthorized: boolean
}

async function headOf(target: ProbeTarget, { signal, nowMs, rejectUnauthorized }: HeadOptions): Promise<ServerFacts> {
  const host = hostOf(target.endpoint)
  const port = Number(new URL(`https://${target.endpoint}`).port || 443)
  const tunnel = target.proxy && (await openTunnel({ proxy: target.proxy, host, port, timeoutMs: TUNNEL_TIMEOUT_MS }))
  if (signal.aborted) tunnel?.destroy()
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    // Node takes `createConnection` only without an agent.
    const way = tunnel
      ? { createConnection: () => overTunnel(tunnel, host, rejectUnauthorized) }
      : { agent: false as const, rejectUnauthorized }
    const request = https.request({ method: 'HEAD', host, port, path: '/', signal, ...way })
    request.once('response', (response) => {
      const socket = response.socket as TLSSocket
      const { issuer, valid_from: validFrom, valid_to: validTo } = socket.getPeerCertificate()
      resolve({
        skewMs: clockSkewMs(response.headers, nowMs()),
        issuer: String(issuer?.CN ?? issuer?.O ?? 'an unnamed issuer'),
        validFromMs: Date.parse(validFrom),
        validToMs: Date.parse(validTo),
        protocol: socket.getProtocol() ?? 'TLS',
      })
      request.destroy()
    })
    request.on('error', reject)
    request.end()
  })
}

function overTunnel(socket: Socket, host: string, rejectUnauthorized: boolean): TLSSocket {
  return tls.connect({ socket, host, rejectUnauthorized, ...(isIP(host) === 0 ? { servername: host } : {}) })
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
