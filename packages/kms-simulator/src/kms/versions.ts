import { ApiError, invalidParameter, resourceNotFound } from '../gateway/api-error.ts'
import { CURRENT, isManaged, LIMITS, PREVIOUS, type Secret, type SecretVersion } from './secret.ts'

/** The requested version. */
export interface VersionSelector {
  readonly versionId?: string | undefined
  /** @default 'ACSCurrent', or any when an id is given */
  readonly stage?: string | undefined
}

/**
 * The selected version. Version ids are ignored for managed types.
 * @throws ApiError `Forbidden.ResourceNotFound`
 */
export function selectVersion(secret: Secret, selector: VersionSelector): SecretVersion {
  const versionId = isManaged(secret.type) ? undefined : selector.versionId
  const stage = selector.stage ?? (versionId === undefined ? CURRENT : undefined)
  const found = secret.versions.find(
    (version) =>
      (versionId === undefined || version.id === versionId) && (stage === undefined || version.stages.includes(stage)),
  )
  if (found === undefined) throw resourceNotFound()
  return found
}

/** Moves `stages` to the version `id`; a former current version becomes the previous one. */
function assignStages(versions: readonly SecretVersion[], id: string, stages: readonly string[]): SecretVersion[] {
  const former = stages.includes(CURRENT) ? versions.find((version) => version.stages.includes(CURRENT)) : undefined
  const displaced = former?.id === id || stages.includes(PREVIOUS) ? undefined : former?.id
  const moved = new Set(displaced === undefined ? stages : [...stages, PREVIOUS])
  return versions.map((version) => {
    const kept = version.stages.filter((stage) => !moved.has(stage))
    if (version.id === id) return { ...version, stages: [...kept, ...stages] }
    if (version.id === displaced) return { ...version, stages: [...kept, PREVIOUS] }
    return kept.length === version.stages.length ? version : { ...version, stages: kept }
  })
}

/** Drops the oldest beyond ten: those without a stage first, never the current one. */
function trim(versions: SecretVersion[], newId: string): SecretVersion[] {
  if (versions.length <= LIMITS.versions) return versions
  const droppable = versions.filter(({ id, stages }) => id !== newId && !stages.includes(CURRENT))
  const dropped = droppable.find(({ stages }) => stages.length === 0) ?? droppable[0]
  return versions.filter((version) => version !== dropped)
}

function checkStageCount(versions: readonly SecretVersion[]): void {
  const count = versions.reduce((sum, { stages }) => sum + stages.length, 0)
  if (count > LIMITS.stages) {
    throw new ApiError(400, 'Rejected.LimitExceeded', `A secret has at most ${LIMITS.stages} version stages.`)
  }
}

/**
 * Adds a version. The same id with the same data changes nothing and succeeds.
 * @throws ApiError `Rejected.ResourceExist` (same id, other data) | `Rejected.LimitExceeded`
 */
export function putVersion(secret: Secret, version: SecretVersion): Secret {
  const existing = secret.versions.find(({ id }) => id === version.id)
  if (existing !== undefined) {
    if (existing.data === version.data && existing.dataType === version.dataType) return secret
    throw new ApiError(409, 'Rejected.ResourceExist', 'The specified version already exists with other data.')
  }
  const added = [...secret.versions, { ...version, stages: [] }]
  const versions = trim(assignStages(added, version.id, version.stages), version.id)
  checkStageCount(versions)
  return { ...secret, versions, updatedAtMs: version.createdAtMs }
}

/** A stage that is moved or removed. */
export interface StageMove {
  readonly stage: string
  readonly moveTo?: string | undefined
  readonly removeFrom?: string | undefined
}

/**
 * Moves or removes a stage.
 * @throws ApiError `InvalidParameter` | `Forbidden.ResourceNotFound` | `Rejected.LimitExceeded`
 */
export function moveStage(secret: Secret, move: StageMove, nowMs: number): Secret {
  const { stage, moveTo, removeFrom } = move
  if (moveTo === undefined && (removeFrom === undefined || stage === CURRENT || stage === PREVIOUS)) {
    throw invalidParameter('MoveToVersion', `${stage} needs a version to move to`)
  }
  for (const id of [moveTo, removeFrom]) {
    if (id !== undefined && !secret.versions.some((version) => version.id === id)) throw resourceNotFound()
  }
  if (removeFrom !== undefined) {
    const holder = secret.versions.find(({ stages }) => stages.includes(stage))
    if (holder?.id !== removeFrom) throw invalidParameter('RemoveFromVersion', `it does not hold the stage ${stage}`)
  }
  const without = secret.versions.map((version) =>
    version.id === removeFrom ? { ...version, stages: version.stages.filter((other) => other !== stage) } : version,
  )
  const versions = moveTo === undefined ? without : assignStages(secret.versions, moveTo, [stage])
  checkStageCount(versions)
  return { ...secret, versions, updatedAtMs: nowMs }
}
