import type { ApiProduct } from '../gateway/api-product.ts'
import { assumeRole, STS_DENIAL } from './actions/assume-role.ts'
import { assumeRoleWithOidc } from './actions/assume-role-with-oidc.ts'
import { getCallerIdentity } from './actions/get-caller-identity.ts'
import { type StsState, stsThrottled } from './sts-state.ts'

const MAX_SUBJECT_LENGTH = 192

/** STS, version 2015-04-01. The object of a call is the name of the role. */
export function stsApi(state: StsState): ApiProduct {
  return {
    name: 'Sts',
    version: '2015-04-01',
    actions: new Map([
      ['AssumeRole', (call) => assumeRole(state, call)],
      ['GetCallerIdentity', (call) => getCallerIdentity(state, call)],
    ]),
    anonymousActions: new Map([['AssumeRoleWithOIDC', (call) => assumeRoleWithOidc(state, call)]]),
    throttled: stsThrottled,
    denial: STS_DENIAL,
    subject: (params) => {
      const arn = params.get('RoleArn') ?? ''
      return arn.slice(arn.indexOf('/') + 1).slice(0, MAX_SUBJECT_LENGTH)
    },
  }
}
