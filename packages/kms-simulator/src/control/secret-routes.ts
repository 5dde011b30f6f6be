import { rotate } from '../kms/rotate.ts'
import { CURRENT, isLabel } from '../kms/secret.ts'
import { moveStage } from '../kms/versions.ts'
import { changeSecrets } from './change-secrets.ts'
import { ControlError } from './control-error.ts'
import { type ControlContext, type ControlRequest, type ControlRoutes, parseBody } from './control-route.ts'
import {
  deleteSecretSchema,
  putSecretSchema,
  putSecretsSchema,
  putStageSchema,
  rotateSchema,
} from './control-schemas.ts'

const DAY_MS = 86_400_000

/** Secrets: their state, new values, stages, rotation. */
export function secretRoutes({ cloud, clock }: ControlContext): ControlRoutes {
  const state = cloud.kms
  return {
    'GET secrets': ({ target: { name } }: ControlRequest) => {
      const secret = state.vault.find(name, clock.now())
      if (!secret) throw new ControlError(404, `there is no secret ${name}`)
      const { type, tags, versions, plannedDeleteAtMs } = secret
      return {
        name,
        type,
        isDeleted: plannedDeleteAtMs !== undefined,
        tags: Object.fromEntries(tags.map(({ TagKey, TagValue }) => [TagKey, TagValue])),
        versions: versions.map(({ id, stages, data, dataType }) => ({ id, stages, data, dataType })),
      }
    },
    'PUT secrets': ({ target: { name }, body }: ControlRequest) => {
      if (name === '') return { changed: changeSecrets(state, parseBody(body, putSecretsSchema), clock.now()).length }
      const [versionId] = changeSecrets(state, [{ name, ...parseBody(body, putSecretSchema) }], clock.now())
      return { name, versionId }
    },
    'DELETE secrets': ({ target: { name }, body }: ControlRequest) => {
      const { recoveryWindowInDays: days } = parseBody(body, deleteSecretSchema)
      const nowMs = clock.now()
      const secret = state.vault.find(name, nowMs)
      if (!secret) throw new ControlError(404, `there is no secret ${name}`)
      if (days === undefined) state.vault.delete(name)
      else state.vault.set({ ...secret, plannedDeleteAtMs: nowMs + days * DAY_MS })
      return { name }
    },
    'PUT stages': ({ target: { name }, body }: ControlRequest) => {
      const { stage, versionId } = parseBody(body, putStageSchema)
      if (!isLabel(stage)) throw new ControlError(400, 'stage: not a stage')
      const secret = state.vault.getUsable(name, clock.now())
      state.vault.set(moveStage(secret, { stage, moveTo: versionId }, clock.now()))
      return { name, stage, versionId }
    },
    'POST rotate': ({ target: { name }, body }: ControlRequest) => {
      const { versionId } = parseBody(body, rotateSchema)
      if (versionId !== undefined && !isLabel(versionId)) throw new ControlError(400, 'versionId: not a version id')
      const rotated = rotate(state.vault.getUsable(name, clock.now()), { versionId, nowMs: clock.now() })
      state.vault.set(rotated)
      return { name, versionId: rotated.versions.find(({ stages }) => stages.includes(CURRENT))?.id }
    },
  }
}
