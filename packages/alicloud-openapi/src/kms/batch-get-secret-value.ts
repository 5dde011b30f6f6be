import {
  type CredentialProvider,
  defined,
  isSecretSyncError,
  type ReadResult,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
  Sensitive,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import { classificationFacts, type ErrorClassification } from '../error-classification.ts'
import { errorResponseFacts, factsSuffix } from '../error-response.ts'
import { classifyErrorResponse } from '../gateway-errors.ts'
import type { OpenApiClient } from '../open-api-client.ts'
import { kmsReadParams } from './get-secret-value.ts'
import { KMS_ERRORS } from './kms-errors.ts'
import { bareSecretName, kmsSecretValue, parseKmsSecretResponse } from './secret-response.ts'

/** Maximum number of different secrets in one call. Alibaba Cloud KMS API reference, BatchGetSecretValue. */
export const MAX_BATCH_SECRETS = 20

const ACTION = 'BatchGetSecretValue'

/** One BatchGetSecretValue call. */
export interface BatchGetSecretValueCall {
  readonly as: CredentialProvider
  /** A secret with the endpoint, for messages: `KMS secret "app/db" at kms.cn-hangzhou.aliyuncs.com`. */
  readonly where: (ref: SecretRef) => string
  /** Adjusts the classification of an error, as for a read of this secret alone. */
  readonly explain: (ref: SecretRef) => (classification: ErrorClassification) => ErrorClassification
  readonly signal: AbortSignal
}

/**
 * Reads up to {@link MAX_BATCH_SECRETS} different secrets with one request. Results are those of single reads; undefined where only
 * a read of its own can tell.
 * @throws SecretSyncError if the call failed as a whole, see `SecretBackend.readMany`
 */
export async function batchGetSecretValue(
  client: OpenApiClient,
  refs: readonly SecretRef[],
  call: BatchGetSecretValueCall,
): Promise<ReadonlyArray<ReadResult | undefined>> {
  const what = `${refs.length} KMS secrets`
  try {
    const { body, requestId } = await client.call({
      action: ACTION,
      version: '2016-01-20',
      as: call.as,
      retryRefused: true,
      params: { SecretsList: JSON.stringify(refs.map(kmsReadParams)) },
      what,
      errors: KMS_ERRORS,
      signal: call.signal,
    })
    return resultsOf(body, requestId, refs, call, `${what} at ${client.endpoint}`)
  } catch (thrown) {
    const error = toSecretSyncError(thrown, what)
    if (isSecretSyncError(thrown) && (error.code === 'Throttled' || error.code === 'Unauthenticated')) {
      return refs.map((ref) => ({ error: forRef(error, `${what} at ${client.endpoint}`, ref, call) }))
    }
    const { remoteCode = '', missingAction } = error.facts
    if (remoteCode.startsWith('InvalidAction')) throw withBatchFact(error, 'unsupported')
    if (missingAction === `kms:${ACTION}`) throw withBatchFact(error, 'denied')
    throw error
  }
}

function resultsOf(
  body: Readonly<Record<string, unknown>>,
  requestId: string | undefined,
  refs: readonly SecretRef[],
  call: BatchGetSecretValueCall,
  where: string,
): ReadonlyArray<ReadResult | undefined> {
  const values = entriesByName(body['SecretValues'], 'SecretValues', where)
  const errors = entriesByName(body['Errors'] ?? [], 'Errors', where)
  return refs.map((ref) => {
    const name = bareSecretName(ref.name)
    const value = values.get(name)
    const error = errors.get(name)
    // Neither, or both: only a read of its own can tell.
    if ((value === undefined) === (error === undefined)) return undefined
    return error === undefined
      ? valueResult({ ...value, ...defined({ RequestId: requestId }) }, ref, call)
      : errorResult(error, requestId, ref, call)
  })
}

type Entry = Readonly<Record<string, unknown>>

/** Entries by the plain name of their secret. A name that occurs twice is dropped. */
function entriesByName(list: unknown, field: string, where: string): Map<string, Entry> {
  if (!Array.isArray(list)) {
    throw new SecretSyncError('InvalidResponse', `${where}: ${field} in the response is not a list`)
  }
  const entries = new Map<string, Entry>()
  const repeated = new Set<string>()
  for (const entry of list as readonly unknown[]) {
    if (typeof entry !== 'object' || entry === null || !('SecretName' in entry)) continue
    if (typeof entry.SecretName !== 'string') continue
    const name = bareSecretName(entry.SecretName)
    if (entries.has(name)) repeated.add(name)
    entries.set(name, { ...entry })
  }
  for (const name of repeated) entries.delete(name)
  return entries
}

function valueResult(entry: Entry, ref: SecretRef, { where }: BatchGetSecretValueCall): ReadResult | undefined {
  try {
    const value = kmsSecretValue(parseKmsSecretResponse(entry, where(ref)), ref.name, where(ref))
    // Another version is not what was asked for, but KMS ignores the version of managed secrets.
    return value.type !== 'Generic' || isAsked(ref, value) ? { value } : undefined
  } catch {
    // A malformed entry is no outage: the response to a read of its own may be good.
    return undefined
  }
}

function isAsked({ versionId, versionStage = 'ACSCurrent' }: SecretRef, value: SecretValue): boolean {
  return versionId === undefined ? value.versionStages.includes(versionStage) : versionId === value.versionId
}

/** The error that a read of this secret alone would have had; undefined for a malformed entry or an unknown error. */
function errorResult(
  { Code: code, HttpStatus: status }: Entry,
  requestId: string | undefined,
  ref: SecretRef,
  { where, explain }: BatchGetSecretValueCall,
): ReadResult | undefined {
  const httpStatus = typeof status === 'number' ? status : Number(status) || undefined
  const facts = errorResponseFacts({ status: httpStatus, headers: {}, code, requestId }, 0)
  const classification = explain(ref)(
    classifyErrorResponse(
      {
        httpStatus: httpStatus ?? 0,
        remoteCode: facts.remoteCode,
        message: new Sensitive(''),
        clockSkewMs: undefined,
      },
      KMS_ERRORS,
    ),
  )
  if (facts.remoteCode === undefined || classification.code === 'InvalidResponse') return undefined
  const error = new SecretSyncError(classification.code, `${where(ref)}: ${classification.hint}${factsSuffix(facts)}`, {
    facts: classificationFacts(classification, facts),
  })
  return { error }
}

/** The error of the whole call as the error of a read. */
function forRef(
  error: SecretSyncError,
  where: string,
  ref: SecretRef,
  { where: whereOf, explain }: BatchGetSecretValueCall,
): SecretSyncError {
  const hint = error.message.startsWith(`${where}: `) ? error.message.slice(where.length + 2) : error.message
  // An error of the provider of the credential is passed on as it is.
  const isResponse = error.facts.httpStatus !== undefined
  const explained = isResponse ? explain(ref)({ code: error.code, hint }).hint : hint
  return new SecretSyncError(error.code, `${whereOf(ref)}: ${explained}`, { facts: error.facts, cause: error.cause })
}

function withBatchFact(error: SecretSyncError, batch: 'unsupported' | 'denied'): SecretSyncError {
  return new SecretSyncError(error.code, error.message, { facts: { ...error.facts, batch }, cause: error })
}
