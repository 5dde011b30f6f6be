import { z } from 'zod'
import { ApiError } from '../../gateway/api-error.ts'

/** The claims of a token. */
export interface OidcClaims {
  readonly issuer: string
  readonly subject: string
  readonly audiences: readonly string[]
  readonly expiresAtMs: number
  readonly notBeforeMs: number | undefined
  readonly issuedAtMs: number | undefined
}

/** A parsed token, not verified. */
export interface OidcToken {
  readonly algorithm: 'RS256' | 'ES256'
  readonly keyId: string | undefined
  readonly claims: OidcClaims
  /** The signed part. */
  readonly signed: string
  readonly signature: Buffer
}

const PART = /^[A-Za-z0-9_-]+$/

const headerSchema = z.object({ alg: z.enum(['RS256', 'ES256']), kid: z.string().optional() })

const claimsSchema = z.object({
  iss: z.string().min(1),
  sub: z.string().min(1),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  nbf: z.number().optional(),
  iat: z.number().optional(),
})

/** 401 `AuthenticationFail.OIDCToken.KIND`. */
export function tokenRefused(
  kind: 'Expired' | 'Invalid' | 'AudienceNotMatch' | 'IssuerNotMatch' | 'IssuerConfigurationBroken',
  message: string,
): ApiError {
  return new ApiError(401, `AuthenticationFail.OIDCToken.${kind}`, message)
}

function invalid(): ApiError {
  return tokenRefused('Invalid', 'This JsonWebToken is invalid.')
}

function parsePart(part: string): unknown {
  if (!PART.test(part)) throw invalid()
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    throw invalid()
  }
}

/**
 * Parses a JSON Web Token strictly: white space around it makes it invalid.
 * @throws ApiError `AuthenticationFail.OIDCToken.Invalid`
 */
export function decodeToken(text: string): OidcToken {
  const [headerPart = '', claimsPart = '', signaturePart = '', ...rest] = text.split('.')
  const header = headerSchema.safeParse(parsePart(headerPart))
  const claims = claimsSchema.safeParse(parsePart(claimsPart))
  if (!header.success || !claims.success || rest.length > 0 || !PART.test(signaturePart)) throw invalid()
  const { iss, sub, aud, exp, nbf, iat } = claims.data
  return {
    algorithm: header.data.alg,
    keyId: header.data.kid,
    claims: {
      issuer: iss,
      subject: sub,
      audiences: [aud].flat(),
      expiresAtMs: exp * 1_000,
      notBeforeMs: nbf === undefined ? undefined : nbf * 1_000,
      issuedAtMs: iat === undefined ? undefined : iat * 1_000,
    },
    signed: `${headerPart}.${claimsPart}`,
    signature: Buffer.from(signaturePart, 'base64url'),
  }
}
