import type { ErrorCode, ErrorFacts, Sensitive } from '@ack-secret-manager/core'

/** What an error answer means to whoever made the call. */
export interface ErrorClassification {
  readonly code: ErrorCode
  /** What it is and what to do, as the end of a sentence. */
  readonly hint: string
  /** The credential itself was refused: its provider is told. */
  readonly credentialRefused?: true
  /** What was asked for does not exist and cannot be restored: `facts.absent`. */
  readonly absent?: true
  /** Name of the option that is to blame, for `facts.field`. */
  readonly field?: string
}

/** The facts of an error: those of the answer, and those that its meaning adds. */
export function classificationFacts({ field, absent }: ErrorClassification, answered: ErrorFacts): ErrorFacts {
  return { ...answered, ...(field === undefined ? {} : { field }), ...(absent && { absent }) }
}

/** An error answer, as far as a classification may depend on it. */
export interface RemoteFailure {
  readonly httpStatus: number
  /** The service's own code: `EntityNotExist.Role`. */
  readonly remoteCode: string | undefined
  /**
   * The service's own words. They may repeat parameters and what was signed: take numbers and known words out of them,
   * never pass them on.
   */
  readonly message: Sensitive<string>
  /** By how much our clock is ahead of the service's, in milliseconds, where the answer tells. */
  readonly clockSkewMs: number | undefined
}

/**
 * Puts who asked, and what for, into refusals: the message ends up where people look for the reason.
 * @param what `kms:GetSecretValue secret/app/db`
 */
export function withRequester(who: string, what: string): (classification: ErrorClassification) => ErrorClassification {
  return (classification) => {
    if (classification.code === 'AccessDenied')
      return { ...classification, hint: `${who} may not ${what}: ${classification.hint}` }
    if (classification.code === 'Unauthenticated')
      return { ...classification, hint: `${who} is refused: ${classification.hint}` }
    return classification
  }
}

/** Meanings of a product's own error codes. They come before the gateway's, which all products share. */
export type ErrorTable = Readonly<
  Record<string, ErrorClassification | ((failure: RemoteFailure) => ErrorClassification)>
>
