import type { z } from 'zod'
import type { jwksSchema, KeySource } from './oidc-keys.ts'

/**
 * Where a provider of a seed or of the control port has its keys. `resolvePath` makes a path absolute.
 * The schemas let pass only what names one place.
 */
export function keySourceOf(
  provider: {
    readonly jwks?: z.output<typeof jwksSchema> | undefined
    readonly jwksFile?: string | undefined
    readonly jwksUrl?: string | undefined
  },
  resolvePath: (path: string) => string,
): KeySource {
  if (provider.jwks !== undefined) return { jwks: provider.jwks }
  if (provider.jwksFile !== undefined) return { jwksFile: resolvePath(provider.jwksFile) }
  return { jwksUrl: provider.jwksUrl ?? '' }
}
