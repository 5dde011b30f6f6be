import { SecretSyncError, type TargetRef } from '@ack-secret-manager/core'

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const KEY = /^[-._a-zA-Z0-9]{1,253}$/
const SUBDOMAIN_MAX = 253

/**
 * Rejects names that Kubernetes rejects (DNS-1123), so that no name can lead out of the directory.
 * @throws SecretSyncError `WriteFailed`
 */
export function checkTarget(target: TargetRef): void {
  if (!isNamespaceName(target.namespace)) refuse(`namespace ${quoted(target.namespace)}`, 'a DNS label')
  if (!isTargetName(target.name)) refuse(`Secret name ${quoted(target.name)}`, 'a DNS subdomain')
}

/**
 * Rejects keys that the API server rejects (Kubernetes, `IsConfigMapKey`).
 * @throws SecretSyncError `InvalidKey`
 */
export function checkKeys(keys: Iterable<string>): void {
  for (const key of keys) {
    if (!isKey(key)) {
      throw new SecretSyncError(
        'InvalidKey',
        `key ${quoted(key)} cannot be a file name: use up to 253 letters, digits, "-", "_" and "."; not "." and not starting with ".."`,
      )
    }
  }
}

export function isNamespaceName(name: string): boolean {
  return LABEL.test(name)
}

export function isTargetName(name: string): boolean {
  return name.length <= SUBDOMAIN_MAX && SUBDOMAIN.test(name)
}

function isKey(key: string): boolean {
  return KEY.test(key) && key !== '.' && !key.startsWith('..')
}

function refuse(what: string, expected: string): never {
  throw new SecretSyncError('WriteFailed', `${what} cannot be a folder name: expected ${expected} as in Kubernetes`)
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)
}
