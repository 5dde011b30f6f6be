import {
  defined,
  isLine,
  type RotationFacts,
  SecretSyncError,
  type SecretValue,
  Sensitive,
  TEXT_LIMITS,
} from '@ack-secret-manager/core'

const MAX_STAGES = 100
/** Latest time of a `Date`. */
const MAX_TIME_MS = 8.64e15

/** The value that a package returned for `what`. @throws SecretSyncError `InvalidResponse` if it has no bytes or no version id */
export function checkedValue(value: unknown, what: string): SecretValue {
  const { bytes, versionId, versionStages, createdMs, type, dataType, rotation, requestId } = (value ?? {}) as Readonly<
    Partial<Record<keyof SecretValue, unknown>>
  >
  const exposed = exposedOf(bytes)
  if (!(exposed instanceof Uint8Array) || !isLine(versionId, TEXT_LIMITS.version)) {
    throw new SecretSyncError(
      'InvalidResponse',
      `${what}: the backend returned no bytes or no version id of at most ${TEXT_LIMITS.version} characters`,
    )
  }
  return {
    // The package may have its own copy of the class, and change the bytes later.
    bytes: new Sensitive(new Uint8Array(exposed)),
    versionId,
    versionStages: Array.isArray(versionStages) ? versionStages.slice(0, MAX_STAGES).filter(isStage) : [],
    type: isLine(type, TEXT_LIMITS.secretType) ? type : 'Generic',
    dataType: dataType === 'binary' ? 'binary' : 'text',
    ...defined({
      createdMs: timeOf(createdMs),
      rotation: rotationOf(rotation),
      requestId: isLine(requestId, TEXT_LIMITS.version) ? requestId : undefined,
    }),
  }
}

function exposedOf(bytes: unknown): unknown {
  const isWrapped = typeof bytes === 'object' && bytes !== null && 'expose' in bytes
  return isWrapped && typeof bytes.expose === 'function' ? (bytes.expose() as unknown) : undefined
}

/** Rotation only guides the refresh schedule, so a malformed one does not fail the read. */
function rotationOf(rotation: unknown): RotationFacts | undefined {
  if (typeof rotation !== 'object' || rotation === null) return undefined
  const { automatic, intervalMs, lastMs, nextMs } = rotation as Readonly<Partial<Record<keyof RotationFacts, unknown>>>
  return {
    automatic: automatic === true,
    ...defined({ intervalMs: timeOf(intervalMs), lastMs: timeOf(lastMs), nextMs: timeOf(nextMs) }),
  }
}

function timeOf(ms: unknown): number | undefined {
  return typeof ms === 'number' && ms >= 0 && ms <= MAX_TIME_MS ? ms : undefined
}

function isStage(stage: unknown): stage is string {
  return isLine(stage, TEXT_LIMITS.version)
}
