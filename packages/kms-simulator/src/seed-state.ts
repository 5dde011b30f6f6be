import { resolve } from 'node:path'
import { parseDuration } from '@ack-secret-manager/core'
import { AccessKeys } from './gateway/access-keys.ts'
import { SlidingQuota } from './gateway/sliding-quota.ts'
import { encodeData } from './kms/encode-data.ts'
import { DEFAULT_BATCH, type KmsState } from './kms/kms-state.ts'
import { CURRENT, type Secret } from './kms/secret.ts'
import { Vault } from './kms/vault.ts'
import { DEFAULT_METADATA, MetadataState } from './metadata/metadata-state.ts'
import { Parameters } from './oos/parameters.ts'
import type { CompleteSeed } from './seed.ts'
import { OidcKeys } from './sts/oidc/oidc-keys.ts'
import { OidcProviders } from './sts/oidc/oidc-providers.ts'
import { keySourceOf } from './sts/oidc/key-source.ts'
import { Roles } from './sts/roles.ts'
import { Sessions } from './sts/sessions.ts'
import type { StsState } from './sts/sts-state.ts'

type SecretSeed = CompleteSeed['secrets'][number]

function secretOf(seed: SecretSeed, nowMs: number): Secret {
  const { rotation } = seed
  const intervalMs = rotation?.interval === undefined ? undefined : parseDuration(rotation.interval)
  return {
    name: seed.name,
    type: seed.type,
    description: seed.description,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    versions: seed.versions.map((version) => ({
      id: version.id,
      createdAtMs: nowMs,
      data: encodeData(version, seed.dataType, `secret ${seed.name}`),
      dataType: seed.dataType,
      // Only one version can be current without a word on it.
      stages: version.stages ?? (seed.versions.length === 1 ? [CURRENT] : []),
    })),
    rotation: rotation && {
      automatic: rotation.automatic,
      intervalSeconds: intervalMs === undefined ? undefined : Math.floor(intervalMs / 1_000),
      nextAtMs: rotation.next === undefined ? undefined : Date.parse(rotation.next),
    },
    tags: Object.entries(seed.tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
  }
}

/** The access keys of a seed. */
export function accessKeysOf(seed: CompleteSeed): AccessKeys {
  return new AccessKeys(
    seed.accessKeys.map(({ expiration, ...key }) => ({
      ...key,
      expiresAtMs: expiration === undefined ? undefined : Date.parse(expiration),
    })),
  )
}

const HOUR_MS = 3_600_000

function quotaOf(calls: number | undefined, windowMs?: number): SlidingQuota | undefined {
  return calls === undefined ? undefined : new SlidingQuota(calls, windowMs)
}

/** The account of a seed, whose secrets are created at `nowMs`. */
export function kmsStateOf(seed: CompleteSeed, nowMs: number): KmsState {
  const { getSecretValuePerSecond, writePerSecond, listPerSecond, rotatePerHour } = seed.quota
  return {
    account: seed.account,
    region: seed.region,
    vault: new Vault(seed.secrets.map((secret) => secretOf(secret, nowMs))),
    batch: { ...DEFAULT_BATCH },
    valueQuota: quotaOf(getSecretValuePerSecond),
    quotas: { write: quotaOf(writePerSecond), list: quotaOf(listPerSecond), rotate: quotaOf(rotatePerHour, HOUR_MS) },
    instanceQuotas: new Map((seed.instances ?? []).map(({ id, quotas }) => [id, quotas])),
  }
}

/** Default quota of STS, in calls per second. */
const DEFAULT_STS_PER_SECOND = 100

/** Roles and identity providers of a seed; paths of key files are relative to `directory`. */
export function stsStateOf(seed: CompleteSeed, directory: string): StsState {
  const roles = new Roles((seed.roles ?? []).map((role) => ({ ...role, account: role.account ?? seed.account })))
  const providers = (seed.oidcProviders ?? []).map((provider) => ({
    arn: provider.arn,
    issuer: provider.issuer,
    clientIds: provider.clientIds,
    keys: new OidcKeys(keySourceOf(provider, (path) => resolve(directory, path))),
  }))
  return {
    account: seed.account,
    roles,
    sessions: new Sessions(roles),
    oidcProviders: new OidcProviders(providers),
    quota: new SlidingQuota(seed.quota.stsPerSecond ?? DEFAULT_STS_PER_SECOND),
  }
}

/** The machine of a seed. Its role is by default the first role that ECS may assume. */
export function metadataStateOf(seed: CompleteSeed, sts: StsState): MetadataState {
  const { role, ...given } = seed.metadata ?? {}
  const chosen = role === undefined ? seed.roles?.find(({ trust }) => trust.ecs === true)?.name : role
  return new MetadataState({
    region: seed.region,
    roles: sts.roles,
    sessions: sts.sessions,
    settings: { ...DEFAULT_METADATA, ...dropUnset(given), role: chosen ?? undefined },
  })
}

function dropUnset<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** The encrypted parameters of a seed, created at `nowMs`. */
export function parametersOf(seed: CompleteSeed, nowMs: number): Parameters {
  const parameters = new Parameters()
  for (const parameter of seed.parameters ?? []) parameters.put({ ...parameter, nowMs })
  return parameters
}

/** The account at the gateway of an instance: the same secrets with a separate quota. */
export function instanceStateOf(seed: CompleteSeed, state: KmsState): KmsState {
  const { instancePerSecond } = seed.quota
  return { ...state, valueQuota: quotaOf(instancePerSecond) }
}
