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
  if (existing?.plannedDeleteAtMs !== undefined) throw new ControlError(409, `${what}: is scheduled for deletion`)
  if (existing !== undefined && change.type !== undefined && change.type !== existing.type) {
    throw new ControlError(409, `${what}: its type ${existing.type} cannot change`)
  }
  // An existing secret keeps its data type; a new secret gets the type of the given value.
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
 * Changes all secrets, or none if one change is invalid. Creates missing secrets. Returns the current version ids.
 * @throws ControlError | ApiError | SecretSyncError
 */
export function changeSecrets(state: KmsState, changes: readonly SecretChange[], nowMs: number): string[] {
  const names = new Set(changes.map(({ name }) => name))
  if (names.size !== changes.length) throw new ControlError(400, 'duplicate secret')
  const secrets = changes.map((change) => changed(state, change, nowMs))
  for (const secret of secrets) state.vault.set(secret)
  return secrets.map(({ versions }) => versions.find(({ stages }) => stages.includes(CURRENT))?.id ?? '')
}
