import {
  type CredentialProvider,
  CredentialRefresher,
  type CredentialRefreshOptions,
  checkLimits,
  defined,
  fingerprint,
  type Identity,
  SecretSyncError,
  systemClock,
  unknownAccount,
} from '@ack-secret-manager/core'
import { ROLE_NAME, WorkerRoleSource } from './worker-role-source.ts'

export interface WorkerRoleOptions extends CredentialRefreshOptions {
  /** Name of the instance's RAM role. @default the role that the metadata service reports */
  readonly roleName?: string
  /** Continue without a metadata token if the service issues none. Then any proxy on the machine can be used to read the credential. @default false */
  readonly allowV1?: boolean
  /** `HOST` or `HOST:PORT` of the metadata service, plain HTTP. @default '100.100.100.200' */
  readonly metadataEndpoint?: string
  /** Deadline of one request; a credential takes three. @default 2_000 */
  readonly timeoutMs?: number
}

/** ECS renews the credential of a role long before it expires, and returns the same credential until then. */
const REFRESH_AHEAD_MS = 1_800_000

/**
 * The identity of the RAM role of the ECS instance that this process runs on; in ACK the worker role of the node. All pods of a
 * node share it, so it must be enabled explicitly and is never a fallback.
 * @throws SecretSyncError `InvalidSpec` for a malformed option, named in `facts.field`; RangeError for a wrong `timeoutMs`;
 * `credential()` throws `Unauthenticated` | `Unavailable` | `Timeout` | `InvalidResponse` with the cause
 */
export function workerRoleProvider(options: WorkerRoleOptions = {}): CredentialProvider {
  const { roleName, allowV1 = false, timeoutMs = 2_000, onRefresh, clock = systemClock, random } = options
  checkLimits({ timeoutMs })
  const endpoint = parseMetadataEndpoint(options.metadataEndpoint ?? '100.100.100.200')
  if (roleName !== undefined && !ROLE_NAME.test(roleName)) {
    throw invalidSpec(
      'roleName',
      `expected the name of a RAM role (no ARN), got ${JSON.stringify(roleName.slice(0, 80))}`,
    )
  }
  // A user who controls the metadata endpoint controls this identity. Without a token, so does any proxy on the path.
  const own = fingerprint('worker-role', endpoint, roleName ?? '', String(allowV1))
  const identity: Identity = {
    kind: 'worker-role',
    fingerprint: own,
    description: roleName === undefined ? 'worker role of this node' : `worker role ${roleName}`,
    account: unknownAccount(own),
    issuer: endpoint,
  }
  const source = new WorkerRoleSource({ endpoint, roleName, allowV1, timeoutMs, clock })
  return new CredentialRefresher({
    identity,
    source,
    refreshAheadMs: REFRESH_AHEAD_MS,
    clock,
    ...defined({ onRefresh, random }),
  })
}

function parseMetadataEndpoint(text: string): string {
  const url =
    /^[a-z0-9.:[\]-]{1,260}$/.test(text) && URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : undefined
  if (url !== undefined && (text === url.host || text === `${url.hostname}:80`)) return url.host
  const got = JSON.stringify(text.slice(0, 80))
  throw invalidSpec('metadataEndpoint', `expected HOST or HOST:PORT in lower case, such as 100.100.100.200, got ${got}`)
}

function invalidSpec(field: string, why: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${field}: ${why}`, { facts: { field } })
}
