import type { ErrorTable, ErrorClassification } from '@ack-secret-manager/alicloud-openapi'
import type { OidcClaims } from './oidc-token.ts'

/** The request that STS refused. */
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
  const notTrusted = refused(
    `the trust policy of the role does not allow it: it must name ${provider} and allow the subject ` +
      `${shown(subject)}, the issuer ${shown(issuer)} and an audience of the token (${shown(audiences.join(', '))})`,
  )
  return {
    'AuthenticationFail.OIDCToken.Expired': refused(
      `the token has expired (at ${expiry}): check that it is renewed, and this machine's clock`,
    ),
    'AuthenticationFail.OIDCToken.AudienceNotMatch': refused(
      `no audience of the token (${shown(audiences.join(', '))}) is a client id of ${provider}: ask for a token for ` +
        'sts.aliyuncs.com, or add the audience there',
    ),
    'AuthenticationFail.OIDCToken.IssuerNotMatch': refused(
      `the issuer of the token (${shown(issuer)}) is not the one of ${provider}: is it the provider of this cluster?`,
    ),
    'AuthenticationFail.OIDCToken.IssuerConfigurationBroken': refused(
      `the issuer URL or the keys of ${provider} cannot be used: check them in RAM`,
    ),
    'AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch': refused(
      `the certificate fingerprint of the issuer does not match the one in ${provider}: update it in RAM`,
    ),
    'AuthenticationFail.OIDCToken.Invalid': refused(
      `the token is not valid for ${provider}: was it issued by this cluster, and are its signing keys known there?`,
    ),
    'AuthenticationFail.NoPermission': notTrusted,
    NoPermission: notTrusted,
    'EntityNotExist.OIDCProvider': refused(`${provider} does not exist: check account and name`, 'oidcProviderArn'),
    'InvalidParameter.OIDCProviderArn': refused('STS rejects the ARN as malformed', 'oidcProviderArn'),
    'InvalidParameter.OIDCToken': refused('STS rejects the token as malformed'),
  }
}

function refused(hint: string, field?: string): ErrorClassification {
  return { code: 'Unauthenticated', hint, ...(field === undefined ? {} : { field }) }
}

/** Makes a claim safe for messages, because the issuer chooses its text. */
function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_SHOWN)
}
