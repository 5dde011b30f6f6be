import type { KubeObject } from '@ack-secret-manager/k8s-client'

/** A condition as in a status. */
export function condition(type: string, status: 'True' | 'False', reason: string, message = '', since = TIME): object {
  return { type, status, reason, message, lastTransitionTime: since }
}

/** When everything happened. */
export const TIME = '2026-11-29T03:12:00Z'

/** An ExternalSecret of the namespace `shop` as the API server sends it in a list. */
export function externalSecret(
  name: string,
  { metadata = {}, spec = {}, status }: Partial<RawObject> = {},
): KubeObject {
  return {
    metadata: { namespace: 'shop', name, uid: `uid-${name}`, ...metadata },
    spec: { data: [{ key: 'app/db', name: 'password', secretStoreRef: { name: 'kms' } }], ...spec },
    ...(status === undefined ? {} : { status }),
  }
}

interface RawObject {
  readonly metadata: object
  readonly spec: object
  readonly status: object
}

/** The status of an ExternalSecret with this reason. Without `keyCount`, its Secret was not written. */
export function statusOf(
  reason: string,
  message = '',
  { keyCount, ...more }: { readonly keyCount?: number; readonly [field: string]: unknown } = {},
): object {
  return {
    conditions: [condition('Ready', reason === 'Synced' ? 'True' : 'False', reason, message)],
    ...(keyCount === undefined ? {} : { target: { name: 'web', keyCount, lastChangeTime: TIME } }),
    ...more,
  }
}

/** A SecretStore of the namespace `shop`. */
export function secretStore(
  name: string,
  { spec = { KMS: {} }, status, metadata = {} }: Partial<RawObject> = {},
): KubeObject {
  return { metadata: { namespace: 'shop', name, ...metadata }, spec, ...(status === undefined ? {} : { status }) }
}

/** A Deployment of the namespace `shop` that uses a Secret. */
export function deployment(
  name: string,
  secret: string,
  { metadata = {}, spec = {}, status = {} }: Partial<RawObject> = {},
): KubeObject {
  const env = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: secret, key: 'password' } } }]
  return {
    metadata: { namespace: 'shop', name, ...metadata },
    spec: { replicas: 2, template: { spec: { containers: [{ name: 'app', env }] } }, ...spec },
    status,
  }
}
