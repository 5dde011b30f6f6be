import { defined, type ErrorCode, type ErrorFacts, type Sensitive } from '@ack-secret-manager/core'

/** What an error response means for the caller. */
export interface ErrorClassification {
  readonly code: ErrorCode
  /** Cause and remedy, as the end of a sentence. */
  readonly hint: string
  /** The service rejected the credential: `invalidate` of its provider is called. */
  readonly credentialRefused?: true
  /** The requested object does not exist and cannot be restored: `facts.absent`. */
  readonly absent?: true
  /** Name of the invalid option, for `facts.field`. */
  readonly field?: string
}

/** The facts of an error: those of the response and those of its classification. */
export function classificationFacts({ field, absent }: ErrorClassification, responseFacts: ErrorFacts): ErrorFacts {
  return { ...responseFacts, ...defined({ field }), ...(absent && { absent }) }
}

/** The parts of an error response that a classification may depend on. */
export interface RemoteFailure {
  readonly httpStatus: number
  /** Error code of the service: `EntityNotExist.Role`. */
  readonly remoteCode: string | undefined
  /**
   * Error message of the service. It may repeat parameters and signed text: extract numbers and known words, never pass it on.
   */
  readonly message: Sensitive<string>
  /** How far the local clock is ahead of the service's, in milliseconds, if the response shows it. */
  readonly clockSkewMs: number | undefined
}

/**
 * Names the identity and the action in `AccessDenied` and `Unauthenticated` errors.
 * @param identity `AccessKey LTAI5tDemo`
 * @param action `call kms:GetSecretValue on secret/app/db`
 */
export function withRequester(
  identity: string,
  action: string,
): (classification: ErrorClassification) => ErrorClassification {
  return (classification) => {
    if (classification.code === 'AccessDenied')
      return { ...classification, hint: `${identity} may not ${action}: ${classification.hint}` }
    if (classification.code === 'Unauthenticated')
      return { ...classification, hint: `${identity} is rejected: ${classification.hint}` }
    return classification
  }
}

/** Classifications of a product's error codes. They take precedence over those of the gateway. */
export type ErrorTable = Readonly<
  Record<string, ErrorClassification | ((failure: RemoteFailure) => ErrorClassification)>
>
