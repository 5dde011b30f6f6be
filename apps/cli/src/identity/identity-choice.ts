import { UsageError } from '@ack-secret-manager/command-line'
import type { OperatorIdentityChoice } from '@ack-secret-manager/stores'

/** How the identity of a command is found. */
export type IdentityChoice =
  /** The identity of the variables, or else the default chain. */
  | { readonly kind: 'automatic' }
  /** A kind of identity of the variables. */
  | { readonly kind: 'variables'; readonly choice: OperatorIdentityChoice }
  /** The default chain of Alibaba Cloud. */
  | { readonly kind: 'chain' }
  /** A profile; undefined for the current one. */
  | { readonly kind: 'profile'; readonly name: string | undefined }

/** Flags that choose an identity. */
export interface IdentityFlags {
  readonly auth: 'default' | 'profile' | OperatorIdentityChoice | undefined
  readonly profile: string | undefined
}

/**
 * What `--auth` and `--profile` choose together. If they contradict each other, the command line wins over variables.
 * @throws UsageError if both are from the same place
 */
export function identityChoice({ auth, profile }: IdentityFlags, typed: ReadonlySet<string>): IdentityChoice {
  if (profile !== undefined && auth !== undefined && auth !== 'profile') {
    if (typed.has('auth') === typed.has('profile')) {
      throw new UsageError(`--profile cannot be combined with --auth ${auth}; use one of them`)
    }
    return typed.has('profile') ? { kind: 'profile', name: profile } : choiceOf(auth)
  }
  if (profile !== undefined || auth === 'profile') return { kind: 'profile', name: profile }
  return auth === undefined ? { kind: 'automatic' } : choiceOf(auth)
}

function choiceOf(auth: 'default' | OperatorIdentityChoice): IdentityChoice {
  return auth === 'default' ? { kind: 'chain' } : { kind: 'variables', choice: auth }
}
