import { type ErrorTable, withRequester, type ErrorClassification } from '@ack-secret-manager/alicloud-openapi'

/** Codes of OOS. Alibaba Cloud OOS API reference, GetSecretParameter, "Error codes". */
export const OOS_ERRORS: ErrorTable = {
  'EntityNotExists.Parameter': {
    code: 'NotFound',
    hint: 'no such encrypted parameter or version: check name and region',
    absent: true,
  },
  // An error of the user, not an outage: retries fail until the name is corrected.
  InvalidParameter: {
    code: 'InvalidSpec',
    hint: 'OOS rejects the request as malformed: check the name of the parameter and the region',
  },
}

/** Names the identity and the required permissions in `AccessDenied` and `Unauthenticated` errors. */
export function oosWithRequester(identity: string): (classification: ErrorClassification) => ErrorClassification {
  const explain = withRequester(identity, 'read it')
  return (classification) => {
    const { hint, ...rest } = explain(classification)
    const needs = '; it needs oos:GetSecretParameter, and kms:GetSecretValue for the value'
    return { ...rest, hint: classification.code === 'AccessDenied' ? hint + needs : hint }
  }
}

/** The same for lists, whose permission cannot be narrowed to names. */
export function oosListRequester(identity: string): (classification: ErrorClassification) => ErrorClassification {
  return withRequester(identity, 'call oos:ListSecretParameters on secretparameter/*')
}
