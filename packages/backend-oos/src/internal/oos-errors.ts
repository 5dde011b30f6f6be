import { type ErrorTable, withRequester, type ErrorClassification } from '@ack-secret-manager/alicloud-openapi'

/** Codes of OOS. Alibaba Cloud OOS API reference, GetSecretParameter, "Error codes". */
export const OOS_ERRORS: ErrorTable = {
  'EntityNotExists.Parameter': {
    code: 'NotFound',
    hint: 'no such encrypted parameter or version: check name and region',
    absent: true,
  },
  // The user's mistake, not an outage: the same name gets the same refusal until it is corrected.
  InvalidParameter: {
    code: 'InvalidSpec',
    hint: 'OOS rejects the request as malformed: check the name of the parameter and the region',
  },
}

/** Names who asked in refusals, and what it takes. */
export function oosWithRequester(who: string): (classification: ErrorClassification) => ErrorClassification {
  const explain = withRequester(who, 'read it')
  return (classification) => {
    const { hint, ...rest } = explain(classification)
    // Which of the two is missing, RAM tells, if anybody does.
    const needs = '; it takes oos:GetSecretParameter, and kms:GetSecretValue for the value'
    return { ...rest, hint: classification.code === 'AccessDenied' ? hint + needs : hint }
  }
}
