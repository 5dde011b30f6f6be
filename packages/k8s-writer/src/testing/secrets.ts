import type { ObservedSecret, Owner, OwnerRecord, PatchAction, TargetRef } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { type SecretCacheEntry, cacheEntryOf } from '../cache/secret-cache-entry.ts'
import { createBody } from '../write/secret-body.ts'

export const TARGET: TargetRef = { namespace: 'team-a', name: 'db' }

export function ownerNamed(name: string): Owner {
  return { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name, uid: `uid-of-${name}` }
}

export function recordOf(keys: readonly string[], more: Partial<OwnerRecord> = {}): OwnerRecord {
  const records = keys.map((key) => [key, { secret: 'app/db', versionId: 'v1', digest: `digest-${key}` }] as const)
  return { keys: new Map(records), digestKeyId: 'k1', creation: 'owner', deletion: 'delete', ...more }
}

/** Response of the API server for a Secret that `name` created, with `more` in its metadata. */
export function objectOf(
  name: string,
  record: OwnerRecord,
  more: Readonly<Record<string, unknown>> = {},
  target: TargetRef = TARGET,
): KubeObject {
  const { metadata } = createBody({
    kind: 'create',
    target,
    owner: ownerNamed(name),
    type: 'Opaque',
    set: new Map(),
    record,
  })
  const fields = Object.fromEntries([...record.keys.keys()].map((key) => [`f:${key}`, {}]))
  const ours = {
    manager: 'ack-secret-manager',
    operation: 'Update',
    time: 'T0',
    fieldsV1: { 'f:data': { '.': {}, ...fields } },
  }
  return { metadata: { ...metadata, uid: 'u1', resourceVersion: '100', managedFields: [ours], ...more } }
}

export function knownOf(...args: Parameters<typeof objectOf>): SecretCacheEntry {
  return cacheEntryOf(objectOf(...args))
}

/** A patch by `name` of the observed Secret. */
export function patchBy(
  name: string,
  observed: ObservedSecret,
  record: OwnerRecord,
  more: Partial<PatchAction> = {},
): PatchAction {
  const { target, uid: ifUid, resourceVersion: ifResourceVersion } = observed
  const set: PatchAction['set'] = new Map()
  return {
    kind: 'patch',
    target,
    owner: ownerNamed(name),
    type: 'Opaque',
    set,
    remove: [],
    record,
    ifUid,
    ifResourceVersion,
    ...more,
  }
}
