import { isSecretSyncError, type SecretSyncError, type Sensitive, type TargetValues } from '@ack-secret-manager/core'
import type { EntryFailure } from '../model/desired-secret.ts'
import type { GeneratedKey, GeneratedKeys, GeneratedValue } from '../model/generated-key.ts'
import { decideGenerated, dueMsOf, type HeldValue, wholeSeconds } from './decide-generated.ts'
import {
  decodeGeneratedVersion,
  encodeGeneratedVersion,
  type GeneratedVersion,
  generatedOrigin,
} from '../model/generated-version.ts'
import type { PlannedGenerator } from './generated-plan.ts'
import type { TimeBounds } from './time-bounds.ts'

export interface GenerateContext {
  readonly time: TimeBounds
  readonly signal: AbortSignal
  /** Why a missing value of this key is not generated for now. @default it is generated */
  readonly lossOf?: (key: string) => SecretSyncError | undefined
}

/**
 * The values of the generated keys: those that the target has, and new ones where {@link decideGenerated} says so. A new value exists
 * only in memory until it is written, so that an interrupted sync loses nothing.
 * @param targets states of the target, also under former names; the value that was generated last counts
 */
export async function generateKeys(
  plan: readonly PlannedGenerator[],
  targets: readonly TargetValues[],
  ownerName: string,
  { time, signal, lossOf }: GenerateContext,
): Promise<GeneratedKeys> {
  const values = new Map<string, GeneratedValue>()
  const failures: EntryFailure[] = []
  const refused: EntryFailure[] = []
  const report: GeneratedKey[] = []
  for (const { field, key, generator } of plan) {
    const secret = generatedOrigin(generator.kind)
    const held = latestOf(targets, key, ownerName)
    const bytes = held?.values.get(key)
    const record = held?.observed.records.get(ownerName)?.keys.get(key)
    const isEdited = held?.edited.has(key) === true
    const decision = decideGenerated(bytes && heldValue(bytes, record, isEdited), generator, time)
    const wasMissing = decision.kind === 'generate' && decision.reason === 'missing'
    const loss = wasMissing ? lossOf?.(key) : undefined
    if (loss) {
      refused.push({ field, secret, error: loss, keys: [key], stale: false })
      continue
    }
    const isDisputed = decision.kind === 'keep' && decision.isDisputed
    const add = (value: Sensitive<Uint8Array>, version: GeneratedVersion, how: GeneratedKey['how']): void => {
      values.set(key, { field, secret, versionId: encodeGeneratedVersion(version), bytes: value })
      const { generatedMs } = version
      const flags = { ...(isDisputed && { isDisputed }), ...(wasMissing && { wasMissing }) }
      report.push({ key, kind: generator.kind, generatedMs, dueMs: dueMsOf(version, generator), how, ...flags })
    }
    if (decision.kind === 'keep' && bytes !== undefined) {
      const isRecorded = record?.secret === secret && record.versionId === encodeGeneratedVersion(decision.version)
      add(bytes, decision.version, isRecorded ? 'kept' : 'adopted')
      continue
    }
    try {
      const value = await generator.generate({ signal })
      add(value, { generatedMs: wholeSeconds(time.latestMs), settings: generator.settings }, 'generated')
    } catch (error) {
      if (!isSecretSyncError(error) || error.code === 'Cancelled') throw error
      failures.push({ field, secret, error, keys: [key], stale: false })
    }
  }
  return { values, failures, refused, report }
}

/** The target with the value that was generated last. A value without a record counts if there is no other. */
function latestOf(targets: readonly TargetValues[], key: string, ownerName: string): TargetValues | undefined {
  const generatedMs = ({ observed }: TargetValues): number => {
    const versionId = observed.records.get(ownerName)?.keys.get(key)?.versionId
    return (versionId === undefined ? undefined : decodeGeneratedVersion(versionId)?.generatedMs) ?? -Infinity
  }
  const [latest] = targets
    .filter(({ values }) => values.has(key))
    .toSorted((one, other) =>
      generatedMs(other) > generatedMs(one) ? 1 : generatedMs(other) < generatedMs(one) ? -1 : 0,
    )
  return latest
}

function heldValue(bytes: Sensitive<Uint8Array>, record: HeldValue['record'], isEdited: boolean): HeldValue {
  return { byteLength: bytes.expose().length, record, isEdited }
}
