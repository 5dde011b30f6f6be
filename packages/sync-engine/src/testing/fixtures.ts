import {
  type BackendConnection,
  contentDigester,
  type ObservedSecret,
  type OwnerRecord,
  type SecretBackend,
  SecretSyncError,
  type SecretValue,
  Sensitive,
} from '@ack-secret-manager/core'
import { type ExternalSecretSpec, externalSecretSpecSchema } from '@ack-secret-manager/resources'
import type { DesiredSecret, EntryFailure, TargetPolicy, UsedSource } from '../model/desired-secret.ts'
import type { SyncResource } from '../model/resource.ts'
import type { TemplateSources } from '../plan/template-sources.ts'

/** One digest key for a test file. */
export const digester = contentDigester(new Uint8Array(32).fill(7))
export const TARGET = { namespace: 'default', name: 'web' }
export const OWNER = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name: 'web', uid: 'uid-web' }
export const POLICY: TargetPolicy = {
  creation: 'Owner',
  deletion: 'Delete',
  onKeyFailure: 'KeepPrevious',
  adopt: false,
  immutable: false,
  restarts: false,
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A spec as a user writes it, with its defaults filled in. */
export function specOf(input: unknown): ExternalSecretSpec {
  return externalSecretSpecSchema.parse(input)
}

export function valueOf(text: string, versionId: string = 'v1', more: Partial<SecretValue> = {}): SecretValue {
  return {
    bytes: new Sensitive(bytes(text)),
    versionId,
    versionStages: ['ACSCurrent'],
    type: 'Generic',
    dataType: 'text',
    ...more,
  }
}

/** A cluster without template objects. */
export const NO_OBJECTS: TemplateSources = { read: () => Promise.resolve([]), forget: () => undefined }

/** The value of a secret of {@link mapBackend}; a function may throw. */
export type FakeValue = SecretValue | (() => SecretValue | Promise<SecretValue>)

/** A backend with the values of a map. */
export function mapBackend(values: Map<string, FakeValue>): SecretBackend & { reads: string[] } {
  const reads: string[] = []
  return {
    reads,
    read: async ({ name }) => {
      reads.push(name)
      const value = values.get(name)
      if (!value) throw new SecretSyncError('NotFound', `secret ${name} does not exist`)
      return typeof value === 'function' ? value() : value
    },
    close: async () => undefined,
  }
}

export function connectionOf(backend: SecretBackend, key: string = 'kms|me'): BackendConnection {
  return { key, kind: 'fake', quota: { account: 'me', region: 'cn-hangzhou' }, backend }
}

/** A desired Secret with keys from secret `app/db` version `v1`. */
export function desiredOf(data: Record<string, string>, more: Partial<DesiredSecret> = {}): DesiredSecret {
  return {
    target: TARGET,
    owner: OWNER,
    type: 'Opaque',
    digestKeyId: digester.keyId,
    data: new Map(
      Object.entries(data).map(([key, text]) => [
        key,
        {
          secret: 'app/db',
          versionId: 'v1',
          digest: digester.digest(TARGET, key, bytes(text)),
          bytes: new Sensitive(bytes(text)),
        },
      ]),
    ),
    metadata: new Map(),
    failures: [],
    sources: [],
    ...more,
  }
}

export function recordOf(data: Record<string, string>, more: Partial<OwnerRecord> = {}): OwnerRecord {
  return {
    keys: new Map([...desiredOf(data).data].map(([key, { bytes: _bytes, ...record }]) => [key, record])),
    digestKeyId: digester.keyId,
    creation: 'owner',
    deletion: 'delete',
    ...more,
  }
}

/** A Secret with `data` that OWNER controls. */
export function observedOf(data: Record<string, string>, more: Partial<ObservedSecret> = {}): ObservedSecret {
  return {
    target: TARGET,
    uid: 'uid-secret',
    resourceVersion: '7',
    type: 'Opaque',
    immutable: false,
    controller: { kind: OWNER.kind, name: OWNER.name, uid: OWNER.uid },
    records: new Map([[OWNER.name, recordOf(data)]]),
    drifted: [],
    foreignKeys: new Set(),
    adoptRequested: false,
    metadataDrifted: false,
    ...more,
  }
}

/** A secret that does not exist, for the entry `spec.data[0]`. */
export function entryFailure(secret: string, keys: readonly string[] | undefined): EntryFailure {
  const error = new SecretSyncError('NotFound', `secret ${secret} does not exist`)
  return { field: 'spec.data[0]', secret, error, keys, stale: false }
}

export function usedSource(secret: string): UsedSource {
  return { secret, versionStage: 'ACSCurrent', versionId: 'v1', type: 'Generic', rotation: undefined }
}

export function resourceOf(spec: ExternalSecretSpec, more: Partial<SyncResource> = {}): SyncResource {
  return {
    namespace: 'default',
    name: 'web',
    uid: OWNER.uid,
    generation: 1,
    apiVersion: OWNER.apiVersion,
    kind: OWNER.kind,
    spec: { ok: true, value: spec },
    status: undefined,
    refreshNow: undefined,
    adopt: false,
    ...more,
  }
}
