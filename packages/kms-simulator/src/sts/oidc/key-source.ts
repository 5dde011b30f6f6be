import type { z } from 'zod'
import type { jwksSchema, KeySource } from './oidc-keys.ts'

/**
 * The key source of a provider from a seed or the control port. `resolvePath` makes a path absolute. The schemas accept exactly one source.
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
