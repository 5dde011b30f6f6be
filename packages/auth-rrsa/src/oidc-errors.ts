import type { ErrorTable, ErrorClassification } from '@ack-secret-manager/alicloud-openapi'
import type { OidcClaims } from './oidc-token.ts'

/** What a refusal is about. */
export interface OidcContext {
  readonly oidcProviderArn: string
  readonly claims: OidcClaims
}

/** Longest claim that is shown. */
const MAX_SHOWN = 200

/**
 * What the refusals of AssumeRoleWithOIDC mean for this token. Alibaba Cloud STS API reference, AssumeRoleWithOIDC,
 * "Error codes".
 */
export function oidcErrors({ oidcProviderArn: provider, claims }: OidcContext): ErrorTable {
  const { issuer, subject, audiences, expiresAtMs } = claims
  const expiry = new Date(expiresAtMs).toISOString()
  const notTrusted = refused(
    `the trust policy of the role does not let it in: it has to name ${provider} and allow the subject ` +
      `${shown(subject)}, the issuer ${shown(issuer)} and an audience of the token (${shown(audiences.join(', '))})`,
  )
  return {
    'AuthenticationFail.OIDCToken.Expired': refused(
      `the token has expired (at ${expiry}): is whoever renews it alive, and this machine's clock right?`,
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
    'InvalidParameter.OIDCProviderArn': refused('STS takes the ARN for malformed', 'oidcProviderArn'),
    'InvalidParameter.OIDCToken': refused('STS takes the token for malformed'),
  }
}

function refused(hint: string, field?: string): ErrorClassification {
  return { code: 'Unauthenticated', hint, ...(field === undefined ? {} : { field }) }
}

/** Claims are the issuer's words: only plain ones are shown, and not endlessly. */
function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_SHOWN)
}
