import {
  defaultStsEndpoint,
  parseEndpoint,
  parseNetwork,
  proxyRoutesOf,
  regionalEndpoint,
} from '@ack-secret-manager/alicloud-openapi'
import { kmsInstanceConnection, kmsInstanceDriver } from '@ack-secret-manager/backend-kms-instance'
import {
  type BackendConnection,
  type BackendIdentity,
  type Clock,
  defined,
  type Identity,
  type Network,
  type ProxyRoutes,
  type SecretBackend,
  SecretSyncError,
} from '@ack-secret-manager/core'
import type { SecretClientOptions } from '../secret-client-options.ts'
import { environmentIdentity, type IdentitySettings, type OpenedIdentity } from './environment-identity.ts'
import { kmsEndpointBackend } from './kms-endpoint-backend.ts'

/** The backend of a client, with its identity. */
export interface OpenedConnection {
  readonly backend: SecretBackend
  readonly identity: Pick<Identity, 'kind' | 'description'>
  close(): Promise<void>
}

interface Place {
  readonly region: string
  readonly endpoint: string
  readonly ca: string | undefined
  readonly settings: {
    readonly maxConnections: number
    readonly clock: Clock
    readonly timeoutMs?: number
    readonly proxy?: ProxyRoutes
  }
}

/** Connections of one application; more than KMS serves in parallel for a quota of 450 reads a second. */
const MAX_CONNECTIONS = 16

/** @throws SecretSyncError `InvalidSpec` | `Unauthenticated` naming the option or variable. Makes no network call. */
export function openConnection(options: SecretClientOptions, clock: Clock): OpenedConnection {
  const { connection, env = process.env } = options
  if (connection !== undefined) {
    if (!isConnection(connection)) {
      throw invalid('connection: expected a BackendConnection, whose backend has the methods read and close')
    }
    const { backend, kind } = connection
    return { backend, identity: { kind: 'connection', description: `backend ${kind}` }, close: () => backend.close() }
  }
  const region = options.region ?? valueOf(env, 'ALIBABA_CLOUD_REGION_ID')
  if (region === undefined) throw invalid('region: expected an option such as cn-hangzhou, or ALIBABA_CLOUD_REGION_ID')
  const network = networkOf(options.network, env)
  // A URL is a frequent mistake in JavaScript.
  if (options.proxy !== undefined && !hasMethod(options.proxy, 'proxyFor')) {
    throw invalid('proxy: expected the result of proxyRoutesOf, or an object with its method proxyFor')
  }
  const { proxy = proxyRoutesOf(env), metadataEndpoint = valueOf(env, 'ACKSM_METADATA_ENDPOINT') } = options
  const stsEndpoint = options.stsEndpoint ?? valueOf(env, 'ACKSM_STS_ENDPOINT') ?? defaultStsEndpoint(region, network)
  const opened = identityOf(options.identity, { env, region, stsEndpoint, metadataEndpoint, proxy, clock })
  const { identity } = opened
  const endpoint = options.endpoint ?? valueOf(env, 'ACKSM_ENDPOINT') ?? regionalEndpoint('kms', region, network)
  const { ca, timeoutMs } = options
  const settings = { maxConnections: MAX_CONNECTIONS, clock, ...defined({ timeoutMs, proxy }) }
  const backend = backendFor(identity, { region, endpoint, ca, settings })
  const { kind, description } = (identity.clientKey ?? identity.provider).identity
  return {
    backend,
    identity: { kind, description },
    close: async () => {
      await backend.close()
      await opened.close()
    },
  }
}

function identityOf(given: SecretClientOptions['identity'], settings: IdentitySettings): OpenedIdentity {
  if (given === undefined || typeof given === 'string') return environmentIdentity(given, settings)
  if ((!hasMethod(given, 'credential') && !hasMethod(given, 'sign')) || !isNamed(given)) {
    throw invalid('identity: expected a kind such as rrsa, a provider of an auth-* package, or a client key')
  }
  const identity: BackendIdentity = 'sign' in given ? { clientKey: given } : { provider: given }
  return { identity, close: async () => undefined }
}

/** A backend alone is a frequent mistake in JavaScript. */
function isConnection(connection: BackendConnection | null): connection is BackendConnection {
  const backend = (connection as Partial<BackendConnection> | null)?.backend
  return hasMethod(backend, 'read') && hasMethod(backend, 'close')
}

function isNamed({ identity }: { readonly identity?: Partial<Identity> }): boolean {
  return typeof identity?.description === 'string'
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[name] === 'function'
}

function backendFor(identity: BackendIdentity, { region, endpoint, ca, settings }: Place): SecretBackend {
  // Client keys exist at instances only.
  if (identity.clientKey !== undefined || isInstance(endpoint)) {
    return kmsInstanceConnection({ region, endpoint, ...settings, ...identity, ...defined({ ca }) }).backend
  }
  const trust = ca === undefined ? {} : { ca, allowPartialTrustChain: true }
  return kmsEndpointBackend(identity.provider, { endpoint: parseEndpoint(endpoint), ...settings, ...trust })
}

/** An instance is named by its id or its host. */
function isInstance(endpoint: string): boolean {
  return !/[.:]/.test(endpoint) || kmsInstanceDriver.hosts?.test(endpoint) === true
}

function networkOf(given: Network | undefined, env: Readonly<Record<string, string | undefined>>): Network {
  return given === undefined
    ? parseNetwork(valueOf(env, 'ACKSM_NETWORK') ?? 'vpc', 'ACKSM_NETWORK')
    : parseNetwork(given)
}

function valueOf(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = env[name]?.trim()
  return value === '' ? undefined : value
}

function invalid(message: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', message)
}
