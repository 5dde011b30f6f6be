import type { Socket } from 'node:net'
import { connect, type ConnectionOptions } from 'node:tls'
import {
  classifyConnectionError,
  openTunnel,
  parseCa,
  proxyName,
  systemCodeOf,
  TLS_OPTIONS,
} from '@ack-secret-manager/alicloud-openapi'
import { type BackendTarget, defined, SecretSyncError, withDeadline } from '@ack-secret-manager/core'
import { regionCa } from '../region-ca.ts'

const TIMEOUT_MS = 5_000

/** Error codes of OpenSSL and Node for an untrusted certificate. */
const NOT_TRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|CA_/

/**
 * Checks by a TLS handshake that an instance is reachable and trusted. Wrong private CAs and VPCs are the usual mistakes, and
 * without this check they would only show at the first read.
 * @throws SecretSyncError `Unavailable` | `Timeout` | `Cancelled`
 */
export async function probeInstance(target: BackendTarget, signal: AbortSignal): Promise<void> {
  const what = `the instance at ${target.endpoint}`
  await withDeadline((deadline) => handshake(target, what, deadline), {
    timeoutMs: TIMEOUT_MS,
    what,
    signal,
  })
}

function optionsOf({ endpoint, ca, region, ignoreSSL }: BackendTarget): ConnectionOptions {
  const { hostname, port } = new URL(`https://${endpoint}`)
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 443 : Number(port),
    ...(/[a-z]/.test(hostname) && !hostname.startsWith('[') ? { servername: hostname } : {}),
    ...TLS_OPTIONS,
    ca: [...parseCa(ca ?? regionCa(region))],
    allowPartialTrustChain: true,
    rejectUnauthorized: ignoreSSL !== true,
  }
}

async function handshake(target: BackendTarget, what: string, signal: AbortSignal): Promise<void> {
  const options = optionsOf(target)
  const tunnel = await tunnelOf(target, options, what)
  const socket = connect({ ...options, ...(tunnel && { socket: tunnel }) })
  signal.addEventListener('abort', () => socket.destroy(), { once: true })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.on('error', (error: NodeJS.ErrnoException) => reject(unreachable(error.code ?? error.name, what)))
    })
  } finally {
    socket.destroy()
  }
}

/** A connection through the proxy; undefined if there is none for the instance. */
async function tunnelOf(
  { proxy: routes }: BackendTarget,
  { host = '', port = 443 }: ConnectionOptions,
  what: string,
): Promise<Socket | undefined> {
  const proxy = routes?.proxyFor(host, port)
  if (proxy === undefined) return undefined
  try {
    return await openTunnel({ proxy, host, port, timeoutMs: TIMEOUT_MS })
  } catch (error) {
    const { code, hint, facts } = classifyConnectionError(systemCodeOf(error), { proxy: proxyName(proxy) })
    throw new SecretSyncError(code, `${what}: ${hint}`, defined({ facts }))
  }
}

function unreachable(code: string, what: string): SecretSyncError {
  if (NOT_TRUSTED.test(code)) {
    const why = `has a certificate that is not trusted (${code}): set ca to the CA of the instance`
    return new SecretSyncError('Unavailable', `${what} ${why}`, { facts: { certificateRejected: true } })
  }
  const why = `cannot be reached (${code}): check that the instance belongs to this VPC or is bound to it`
  return new SecretSyncError('Unavailable', `${what} ${why}`)
}
