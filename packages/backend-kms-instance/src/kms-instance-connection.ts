import { createHash } from 'node:crypto'
import { parseCa } from '@ack-secret-manager/alicloud-openapi'
import { type BackendConnection, type BackendIdentity, SecretSyncError } from '@ack-secret-manager/core'
import { instanceOf, parseInstanceEndpoint } from './instance-endpoint.ts'
import { kmsInstanceBackend, type KmsInstanceSettings } from './kms-instance-backend.ts'
import { regionCa } from './region-ca.ts'

export type KmsInstanceConnectionOptions = BackendIdentity &
  KmsInstanceSettings & {
    /** Region of the default CA: `cn-hangzhou`. Ignored if `ca` is set. */
    readonly region: string
    /** The CA of the instance: PEM, or base64 of PEM. @default the region's, see `regionCa` */
    readonly ca?: string
    /** Must be `https`. @default 'https' */
    readonly protocol?: string
  }

/**
 * A {@link kmsInstanceBackend} with its connection key: endpoint, identity and trusted CA. The CA is part of the key, because a
 * store that accepts any certificate must not share reads with a store that does not.
 * @throws SecretSyncError `InvalidSpec` naming the field for another protocol, a malformed endpoint or CA, or a region
 * without a shipped CA
 */
export function kmsInstanceConnection(options: KmsInstanceConnectionOptions): BackendConnection {
  const { region, protocol = 'https', ...rest } = options
  if (protocol.toLowerCase() !== 'https') {
    const got = JSON.stringify(protocol.slice(0, 80))
    throw new SecretSyncError('InvalidSpec', `protocol: expected https, got ${got}`, { facts: { field: 'protocol' } })
  }
  const endpoint = parseInstanceEndpoint(options.endpoint)
  // An empty field of a custom resource means the default.
  const ca = parseCa(options.ca === undefined || options.ca === '' ? regionCa(region) : options.ca).join('\n')
  const ignoreSSL = options.ignoreSSL ?? false
  const trust = ignoreSSL ? 'any' : createHash('sha256').update(ca).digest('base64url')
  const { kind, fingerprint } = (options.clientKey ?? options.provider).identity
  return {
    key: JSON.stringify(['kms-instance', endpoint, kind, fingerprint, trust]),
    kind: 'kms-instance',
    quota: { account: instanceOf(endpoint), region: 'instance' },
    backend: kmsInstanceBackend({ ...rest, endpoint, ca, ignoreSSL }),
  }
}
