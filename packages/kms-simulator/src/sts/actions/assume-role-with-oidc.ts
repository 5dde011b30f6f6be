import { ApiError, missingParameter } from '../../gateway/api-error.ts'
import type { AnonymousCall, ApiResult } from '../../gateway/api-product.ts'
import { globMatches } from '../../gateway/glob.ts'
import { isoDate, optional, type Params, required } from '../../kms/params.ts'
import { decodeToken, type OidcClaims } from '../oidc/oidc-token.ts'
import { verifyToken } from '../oidc/verify-token.ts'
import type { Trust } from '../role.ts'
import { sessionResponse } from '../session-response.ts'
import { durationOf, roleArnOf, sessionNameOf, wronglyFormed } from '../session-params.ts'
import { sessionPolicyOf } from '../session-policy.ts'
import { roleNotFound, type StsState, takeStsQuota } from '../sts-state.ts'

const PROVIDER_ARN = /^acs:ram::\d{1,32}:oidc-provider\/[A-Za-z0-9._-]{1,128}$/
const TOKEN_LENGTH = { min: 4, max: 20_000 }

function providerArnOf(params: Params): string {
  const arn = required(params, 'OIDCProviderArn')
  if (!PROVIDER_ARN.test(arn)) throw wronglyFormed('OIDCProviderArn', 'Parameter OIDCProviderArn is not valid.')
  return arn
}

function tokenOf(params: Params): string {
  const token = params.get('OIDCToken')
  if (token === undefined || token === '') throw missingParameter('OIDCToken')
  if (token.length < TOKEN_LENGTH.min || token.length > TOKEN_LENGTH.max) throw wronglyFormed('OIDCToken')
  return token
}

function isTrusted(trust: Trust, claims: OidcClaims): boolean {
  const { oidc } = trust
  return (
    oidc !== undefined &&
    oidc.issuer === claims.issuer &&
    claims.audiences.includes(oidc.audience) &&
    globMatches(oidc.subject, claims.subject)
  )
}

/**
 * AssumeRoleWithOIDC: unsigned, authenticated only by the token. Verifies the signature with the provider's keys, issuer, audience and
 * validity, then the role's trust policy. Source: Alibaba Cloud STS API reference, AssumeRoleWithOIDC.
 */
export async function assumeRoleWithOidc(state: StsState, call: AnonymousCall): Promise<ApiResult> {
  const { params, nowMs } = call
  takeStsQuota(state, nowMs)
  const providerArn = providerArnOf(params)
  const roleArn = roleArnOf(params)
  const sessionName = sessionNameOf(params)
  const narrowedBy = sessionPolicyOf(params)
  const token = decodeToken(tokenOf(params))
  call.identify(token.claims.subject)

  const provider = state.oidcProviders.get(providerArn)
  if (provider === undefined) {
    throw new ApiError(404, 'EntityNotExist.OIDCProvider', 'The specified OIDC provider not exists.')
  }
  await verifyToken(token, provider, nowMs)
  const role = state.roles.findByArn(roleArn)
  if (role === undefined) throw roleNotFound()
  if (!isTrusted(role.trust, token.claims)) {
    throw new ApiError(
      403,
      'AuthenticationFail.NoPermission',
      'This operation is not allowed by the trust policy of the role.',
    )
  }
  const durationSeconds = durationOf(params, role)
  const { claims } = token
  return {
    ...sessionResponse(state.sessions.open({ role, sessionName, durationSeconds, nowMs, narrowedBy })),
    OIDCTokenInfo: {
      Subject: claims.subject,
      Issuer: claims.issuer,
      ClientIds: claims.audiences.join(','),
      ExpirationTime: isoDate(claims.expiresAtMs),
      ...(claims.issuedAtMs === undefined ? {} : { IssuanceTime: isoDate(claims.issuedAtMs) }),
      VerificationInfo: 'Success',
    },
    ...(optional(params, 'SourceIdentity') === undefined ? {} : { SourceIdentity: params.get('SourceIdentity') }),
  }
}
