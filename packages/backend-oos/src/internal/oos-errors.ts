import { type ErrorTable, GATEWAY_ERRORS, type RemoteFailure, type Verdict } from '@ack-secret-manager/alicloud-openapi'

/** Codes of OOS. Alibaba Cloud OOS API reference, GetSecretParameter, "Error codes". */
const OOS_ERRORS: ErrorTable = {
  'EntityNotExists.Parameter': {
    code: 'NotFound',
    hint: 'no such encrypted parameter or version: check name and region',
  },
}

/** The meanings of error answers; refusals name who asked. */
export function oosErrors(identity: string): ErrorTable {
  const entries = Object.entries({ ...GATEWAY_ERRORS, ...OOS_ERRORS })
  return Object.fromEntries(
    entries.map(([code, entry]) => [
      code,
      (failure: RemoteFailure) => about(identity, typeof entry === 'function' ? entry(failure) : entry),
    ]),
  )
}

function about(identity: string, verdict: Verdict): Verdict {
  if (verdict.code === 'AccessDenied') {
    // Which of the two is missing, RAM tells, if anybody does.
    const needs = 'it takes oos:GetSecretParameter, and kms:GetSecretValue for the value'
    return { ...verdict, hint: `${identity} may not read it: ${verdict.hint}; ${needs}` }
  }
  if (verdict.code === 'Unauthenticated') return { ...verdict, hint: `${identity} is refused: ${verdict.hint}` }
  return verdict
}
