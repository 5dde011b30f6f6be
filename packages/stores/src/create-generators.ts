import {
  defined,
  isSecretSyncError,
  parseDuration,
  type SecretGenerator,
  SecretSyncError,
  type StoreReference,
} from '@ack-secret-manager/core'
import { passwordGenerator } from '@ack-secret-manager/generator-password'
import { containerRegistryToken, stsToken } from '@ack-secret-manager/generator-token'
import type { ContainerRegistrySpec, GenerateEntry, StsTokenSpec } from '@ack-secret-manager/resources'
import type { StoreRegistry } from './store-registry.ts'
import { homeOf, storeLabel } from './store-references.ts'

export interface GeneratorsOptions {
  /** Supplies the identities of tokens, and the tokens that resources share. */
  readonly stores: Pick<StoreRegistry, 'tokenIdentity' | 'tokens'>
}

/**
 * The generator of an entry of `spec.generate`, of a resource in `namespace`.
 * @throws SecretSyncError `InvalidSpec` with a field of the entry in `facts.field`
 */
export type CreateGenerator = (entry: GenerateEntry, namespace: string) => SecretGenerator

/** Creates the generators of all entries. Resources share the tokens of one identity. */
export function createGenerators(options: GeneratorsOptions): CreateGenerator {
  return ({ password, containerRegistry, stsToken: session }, namespace) => {
    const context = { ...options, namespace }
    if (password !== undefined) return inField('password', () => passwordOf(password))
    if (containerRegistry !== undefined) return registryTokenOf(containerRegistry, context)
    if (session !== undefined) return inField('stsToken', () => sessionOf(session, context))
    throw new SecretSyncError('InvalidSpec', 'password: required, but missing', { facts: { field: 'password' } })
  }
}

interface TokenContext extends GeneratorsOptions {
  readonly namespace: string
}

function passwordOf(password: NonNullable<GenerateEntry['password']>): SecretGenerator {
  const { length, classes, alphabet, rotationInterval, onSettingsChange } = password
  const renewAfterMs = rotationInterval === undefined ? undefined : parseDuration(rotationInterval)
  return passwordGenerator({
    length,
    renewsOnChange: onSettingsChange === 'Generate',
    ...defined({ classes, alphabet, renewAfterMs }),
  })
}

function registryTokenOf(
  { secretStoreRef: ref, instances }: ContainerRegistrySpec,
  { stores, namespace }: TokenContext,
): SecretGenerator {
  return containerRegistryToken({
    instances,
    identityName: nameOf(ref, namespace),
    // At each renewal, because an error of the store must not affect other keys.
    identityFor: (name) => stores.tokenIdentity({ namespace, ref, subject: { kind: 'instance', name } }),
    cache: stores.tokens,
    requester: namespace,
  })
}

function sessionOf(
  { secretStoreRef: ref, ...session }: StsTokenSpec,
  { stores, namespace }: TokenContext,
): SecretGenerator {
  return stsToken({
    ...session,
    identityName: nameOf(ref, namespace),
    identityFor: (name) => stores.tokenIdentity({ namespace, ref, subject: { kind: 'role', name } }),
    cache: stores.tokens,
    requester: namespace,
  })
}

function nameOf(ref: StoreReference, namespace: string): string {
  return storeLabel(homeOf(ref, namespace), ref.name)
}

/** Runs `create`, whose errors name a field below `field`. */
function inField<T>(field: string, create: () => T): T {
  try {
    return create()
  } catch (error) {
    if (!isSecretSyncError(error) || error.facts.field === undefined) throw error
    const facts = { ...error.facts, field: `${field}.${error.facts.field}` }
    throw new SecretSyncError(error.code, `${field}.${error.message}`, { facts })
  }
}
