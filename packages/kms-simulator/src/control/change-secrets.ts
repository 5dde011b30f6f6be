import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { encodeData } from '../kms/encode-data.ts'
import type { KmsState } from '../kms/kms-state.ts'
import { CURRENT, isLabel, isSecretName, type Secret } from '../kms/secret.ts'
import { putVersion } from '../kms/versions.ts'
import { ControlError } from './control-error.ts'
import type { putSecretsSchema } from './control-schemas.ts'

/** A new current version of one secret. */
export type SecretChange = z.output<typeof putSecretsSchema>[number]

function changed(state: KmsState, change: SecretChange, nowMs: number): Secret {
  const { name, versionId = randomUUID() } = change
  const what = `secret ${name}`
  if (!isSecretName(name)) throw new ControlError(400, `${what}: not a name of a secret`)
  if (!isLabel(versionId)) throw new ControlError(400, `${what}: versionId is not a version id`)
  const existing = state.vault.find(name, nowMs)
  if (existing?.plannedDeleteAtMs !== undefined) throw new ControlError(409, `${what}: it waits for its deletion`)
  if (existing !== undefined && change.type !== undefined && change.type !== existing.type) {
    throw new ControlError(409, `${what}: its type is ${existing.type} and stays so`)
  }
  // A value keeps the form that readers know; a new secret takes the one it is given in.
  const current = existing?.versions.find(({ stages }) => stages.includes(CURRENT))
  const dataType = current?.dataType ?? (change.dataBase64 === undefined ? 'text' : 'binary')
  const version = {
    id: versionId,
    createdAtMs: nowMs,
    data: encodeData(change, dataType, what),
    dataType,
    stages: [CURRENT],
  }
  if (existing !== undefined) return putVersion(existing, version)
  return {
    name,
    type: change.type ?? 'Generic',
    description: '',
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    versions: [version],
    tags: [],
  }
}

/**
 * Changes all of the secrets or, when one of the changes is wrong, none; those that are not there are made.
 * Returns the version ids that are current now.
 * @throws ControlError | ApiError | SecretSyncError
 */
export function changeSecrets(state: KmsState, changes: readonly SecretChange[], nowMs: number): string[] {
  const names = new Set(changes.map(({ name }) => name))
  if (names.size !== changes.length) throw new ControlError(400, 'a secret is named twice')
  const secrets = changes.map((change) => changed(state, change, nowMs))
  for (const secret of secrets) state.vault.set(secret)
  return secrets.map(({ versions }) => versions.find(({ stages }) => stages.includes(CURRENT))?.id ?? '')
}
