import { defined } from '@ack-secret-manager/core'
import type { ErrorTable, ErrorClassification } from '@ack-secret-manager/alicloud-openapi'
import type { OidcClaims } from './oidc-token.ts'

/** The request that STS rejected. */
export interface OidcContext {
  readonly oidcProviderArn: string
  readonly claims: OidcClaims
}

/** Longest part of a claim in messages. */
const MAX_SHOWN = 200

/**
 * Error codes of AssumeRoleWithOIDC, with the claims of this token. Alibaba Cloud STS API reference, AssumeRoleWithOIDC,
 * "Error codes".
 */
export function oidcErrors({ oidcProviderArn: provider, claims }: OidcContext): ErrorTable {
  const { issuer, subject, audiences, expiresAtMs } = claims
  const expiry = new Date(expiresAtMs).toISOString()
  const notTrusted = unauthenticated(
    `the trust policy of the role does not allow it: it must name ${provider} and allow the subject ` +
      `${shown(subject)}, the issuer ${shown(issuer)} and an audience of the token (${shown(audiences.join(', '))})`,
  )
  return {
    'AuthenticationFail.OIDCToken.Expired': unauthenticated(
      `the token has expired (at ${expiry}): check that it is renewed, and this machine's clock`,
    ),
    'AuthenticationFail.OIDCToken.AudienceNotMatch': unauthenticated(
      `no audience of the token (${shown(audiences.join(', '))}) is a client id of ${provider}: ask for a token for ` +
        'sts.aliyuncs.com, or add the audience there',
    ),
    'AuthenticationFail.OIDCToken.IssuerNotMatch': unauthenticated(
      `the issuer of the token (${shown(issuer)}) differs from the issuer of ${provider}: is it the provider of this cluster?`,
    ),
    'AuthenticationFail.OIDCToken.IssuerConfigurationBroken': unauthenticated(
      `the issuer URL or the keys of ${provider} cannot be used: check them in RAM`,
    ),
    'AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch': unauthenticated(
      `the certificate fingerprint of the issuer does not match the one in ${provider}: update it in RAM`,
    ),
    'AuthenticationFail.OIDCToken.Invalid': unauthenticated(
      `the token is not valid for ${provider}: was it issued by this cluster, and are its signing keys known there?`,
    ),
    'AuthenticationFail.NoPermission': notTrusted,
    NoPermission: notTrusted,
    'EntityNotExist.OIDCProvider': unauthenticated(
      `${provider} does not exist: check account and name`,
      'oidcProviderArn',
    ),
    'InvalidParameter.OIDCProviderArn': unauthenticated('STS rejects the ARN as malformed', 'oidcProviderArn'),
    'InvalidParameter.OIDCToken': unauthenticated('STS rejects the token as malformed'),
  }
}

function unauthenticated(hint: string, field?: string): ErrorClassification {
  return { code: 'Unauthenticated', hint, ...defined({ field }) }
}

/** Makes a claim safe for messages, because the issuer chooses its text. */
function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_SHOWN)
}
