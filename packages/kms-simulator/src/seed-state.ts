import { parseDuration } from '@ack-secret-manager/core'
import { AccessKeys } from './gateway/access-keys.ts'
import { SlidingQuota } from './gateway/sliding-quota.ts'
import { encodeData } from './kms/encode-data.ts'
import type { KmsState } from './kms/kms-state.ts'
import { CURRENT, type Secret } from './kms/secret.ts'
import { Vault } from './kms/vault.ts'
import type { CompleteSeed } from './seed.ts'

type SecretSeed = CompleteSeed['secrets'][number]

function secretOf(seed: SecretSeed, nowMs: number): Secret {
  const { rotation } = seed
  const intervalMs = rotation?.interval === undefined ? undefined : parseDuration(rotation.interval)
  return {
    name: seed.name,
    type: seed.type,
    description: '',
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    versions: seed.versions.map((version) => ({
      id: version.id,
      createdAtMs: nowMs,
      data: encodeData(version, seed.dataType, `secret ${seed.name}`),
      dataType: seed.dataType,
      stages: version.stages ?? [CURRENT],
    })),
    rotation: rotation && {
      automatic: rotation.automatic,
      intervalSeconds: intervalMs === undefined ? undefined : Math.floor(intervalMs / 1_000),
      nextAtMs: rotation.next === undefined ? undefined : Date.parse(rotation.next),
    },
    tags: [],
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

/** The account of a seed, its secrets made at `nowMs`. */
export function kmsStateOf(seed: CompleteSeed, nowMs: number): KmsState {
  const { getSecretValuePerSecond } = seed.quota
  return {
    account: seed.account,
    region: seed.region,
    vault: new Vault(seed.secrets.map((secret) => secretOf(secret, nowMs))),
    valueQuota: getSecretValuePerSecond === undefined ? undefined : new SlidingQuota(getSecretValuePerSecond),
  }
}
