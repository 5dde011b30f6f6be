import {
  defined,
  type GeneratedSecret,
  isSecretSyncError,
  type SecretGenerator,
  SecretSyncError,
  type Sensitive,
  type TargetValues,
  type TokenLife,
} from '@ack-secret-manager/core'
import type { EntryFailure } from '../model/desired-secret.ts'
import type { GeneratedKey, GeneratedKeys, GeneratedValue } from '../model/generated-key.ts'
import { decideGenerated, dueMsOf, type HeldValue, wholeSeconds } from './decide-generated.ts'
import { decideToken, isOfFuture, lifeOf, tokenDueMs } from './decide-token.ts'
import {
  decodeGeneratedVersion,
  encodeGeneratedVersion,
  type GeneratedVersion,
  generatedOrigin,
} from '../model/generated-version.ts'
import type { PlannedGenerator } from './generated-plan.ts'
import type { TimeBounds } from './time-bounds.ts'

export interface GenerateContext {
  readonly nowMs: number
  readonly time: TimeBounds
  readonly signal: AbortSignal
  /** Why a missing value of this key is not generated for now. @default it is generated */
  readonly lossOf?: (key: string) => SecretSyncError | undefined
}

/** A generated key, and its value in the target. */
interface Wanted {
  readonly key: string
  readonly generator: SecretGenerator
  readonly bytes: Sensitive<Uint8Array> | undefined
  readonly held: HeldValue | undefined
  /** Stable for a key of a target. */
  readonly seed: string
}

/** The value of a key; without `bytes` there is none. */
interface Result {
  readonly bytes?: Sensitive<Uint8Array>
  readonly version?: GeneratedVersion
  readonly dueMs?: number | undefined
  readonly isNew?: boolean
  readonly wasMissing?: boolean
  readonly isDisputed?: boolean
  readonly error?: SecretSyncError
  /** The value was lost too often: there is none for now. */
  readonly loss?: SecretSyncError
}

/**
 * The values of the generated keys. {@link decideGenerated} and {@link decideToken} decide whether a key keeps its value.
 * A new value exists only in memory until it is written, so that an interrupted sync loses nothing.
 * @param targets states of the target, also under former names; the value that was generated last counts
 */
export async function generateKeys(
  plan: readonly PlannedGenerator[],
  targets: readonly TargetValues[],
  owner: { readonly namespace: string; readonly name: string },
  context: GenerateContext,
): Promise<GeneratedKeys> {
  const values = new Map<string, GeneratedValue>()
  const failures: EntryFailure[] = []
  const refused: EntryFailure[] = []
  const renewals: EntryFailure[] = []
  const report: GeneratedKey[] = []
  const wanted = plan.map((planned) => ({ ...planned, ...heldOf(planned.key, targets, owner) }))
  // In parallel, because each token may be a call to another registry.
  const results = await Promise.all(
    wanted.map((one) => (one.generator.isToken === true ? renewToken(one, context) : keepOrGenerate(one, context))),
  )
  for (const [index, { field, key, generator, held }] of wanted.entries()) {
    const { bytes, version, dueMs, isNew, error, loss, ...flags } = results[index] as Result
    const secret = generatedOrigin(generator.kind)
    if (loss !== undefined) refused.push({ field, secret, error: loss, keys: [key], stale: false })
    if (error !== undefined) {
      const why = version && uselessBecause(version, context.nowMs)
      const reported = why === undefined ? error : uselessError(error, key, why)
      const failure = { field, secret, error: reported, keys: [key], stale: why !== undefined }
      if (bytes === undefined) failures.push(failure)
      else renewals.push(failure)
    }
    if (bytes === undefined || version === undefined) continue
    const versionId = encodeGeneratedVersion(version)
    // The version alone is no proof: a value that was edited in the second of its generation has the same one.
    const isRecorded = held?.isEdited === false && held.record?.secret === secret && held.record.versionId === versionId
    values.set(key, { field, secret, versionId, bytes })
    const { generatedMs, expiresMs } = version
    const how = isNew === true ? 'generated' : isRecorded ? 'kept' : 'adopted'
    report.push({ key, kind: generator.kind, generatedMs, dueMs, how, ...flags, ...defined({ expiresMs }) })
  }
  return { values, failures, refused, renewals, report }
}

async function keepOrGenerate({ key, generator, bytes, held }: Wanted, context: GenerateContext): Promise<Result> {
  const { time, lossOf } = context
  const decision = decideGenerated(held, generator, time)
  if (decision.kind === 'keep' && bytes !== undefined) {
    const { version, isDisputed } = decision
    return { bytes, version, dueMs: dueMsOf(version, generator), ...defined({ isDisputed }) }
  }
  const wasMissing = decision.kind === 'generate' && decision.reason === 'missing'
  const loss = wasMissing ? lossOf?.(key) : undefined
  if (loss) return { loss }
  const made = await generated(generator, context)
  if (made.error !== undefined) return made
  const version = { generatedMs: wholeSeconds(time.latestMs), settings: generator.settings }
  return {
    bytes: made.value,
    version,
    dueMs: dueMsOf(version, generator),
    isNew: true,
    ...(wasMissing && { wasMissing }),
  }
}

/**
 * Keeps the recorded token until a new one is issued, even after its expiry, because other keys and templates still need a value.
 */
async function renewToken({ generator, bytes, held, seed }: Wanted, context: GenerateContext): Promise<Result> {
  const { nowMs } = context
  const decision = decideToken(held, generator, { nowMs, seed })
  const life = held && lifeOf(held, generator.kind)
  const kept = bytes && life && { bytes, version: versionOf(life, held), dueMs: tokenDueMs(life, seed) }
  if (decision.kind === 'keep' && kept) return { ...kept, ...defined({ error: refusalOf(generator) }) }
  const made = await generated(generator, context)
  if (made.error !== undefined) return { ...kept, error: made.error }
  const { life: issued } = made
  if (issued === undefined) throw new SecretSyncError('Internal', `the ${generator.kind} has no expiry`)
  const version = {
    generatedMs: wholeSeconds(issued.issuedMs),
    expiresMs: wholeSeconds(issued.expiresMs),
    settings: generator.settings,
  }
  const dueMs = tokenDueMs({ issuedMs: version.generatedMs, expiresMs: version.expiresMs }, seed)
  return { bytes: made.value, version, dueMs, isNew: true }
}

type Generated = { readonly error: SecretSyncError } | (GeneratedSecret & { readonly error?: undefined })

async function generated(generator: SecretGenerator, { signal }: GenerateContext): Promise<Generated> {
  try {
    return await generator.generate({ signal })
  } catch (error) {
    if (!isSecretSyncError(error) || error.code === 'Cancelled') throw error
    return { error }
  }
}

/** Why the store no longer allows the token, reported before the renewal fails. Other errors of the store may be gone by then. */
function refusalOf(generator: SecretGenerator): SecretSyncError | undefined {
  try {
    generator.check?.()
    return undefined
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    return error.code === 'StoreNotAllowed' ? error : undefined
  }
}

function versionOf({ issuedMs, expiresMs }: TokenLife, { record }: HeldValue): GeneratedVersion {
  const { settings = '' } = decodeGeneratedVersion(record?.versionId ?? '') ?? {}
  return { generatedMs: issuedMs, expiresMs, settings }
}

function heldOf(
  key: string,
  targets: readonly TargetValues[],
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Pick<Wanted, 'bytes' | 'held' | 'seed'> {
  const target = latestOf(targets, key, name)
  const bytes = target?.values.get(key)
  const seed = `${namespace}/${name}/${key}`
  if (target === undefined || bytes === undefined) return { bytes: undefined, held: undefined, seed }
  const record = target.observed.records.get(name)?.keys.get(key)
  return { bytes, held: { byteLength: bytes.expose().length, record, isEdited: target.edited.has(key) }, seed }
}

/** Why a token that could not be renewed may no longer work; undefined while it does. */
function uselessBecause({ generatedMs, expiresMs }: GeneratedVersion, nowMs: number): string | undefined {
  if (expiresMs === undefined) return undefined
  if (expiresMs <= nowMs) return 'has expired, because it could not be renewed'
  return isOfFuture({ issuedMs: generatedMs }, nowMs)
    ? 'could not be renewed, and the clock of this machine is behind its time of issue'
    : undefined
}

function uselessError(cause: SecretSyncError, key: string, why: string): SecretSyncError {
  const message = `the token of key ${key} ${why}: ${cause.message}`
  return new SecretSyncError(cause.code, message, { facts: cause.facts, cause })
}

/** The target with the value that was generated last. A value without a record counts if there is no other. */
function latestOf(targets: readonly TargetValues[], key: string, ownerName: string): TargetValues | undefined {
  const generatedMs = ({ observed }: TargetValues): number => {
    const { versionId = '' } = observed.records.get(ownerName)?.keys.get(key) ?? {}
    return decodeGeneratedVersion(versionId)?.generatedMs ?? Number.MIN_SAFE_INTEGER
  }
  const [latest] = targets
    .filter(({ values }) => values.has(key))
    .toSorted((one, other) => generatedMs(other) - generatedMs(one))
  return latest
}
