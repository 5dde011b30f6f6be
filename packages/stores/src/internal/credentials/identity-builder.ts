import { accessKeyId, accessKeyProvider, credentialText } from '@ack-secret-manager/auth-access-key'
import { assumeRoleProvider } from '@ack-secret-manager/auth-assume-role'
import {
  type OidcTokenSource,
  rrsaProvider,
  serviceAccountToken,
  type ServiceAccountTokenRequest,
  tokenFile,
  withClaims,
} from '@ack-secret-manager/auth-rrsa'
import { workerRoleProvider } from '@ack-secret-manager/auth-worker-role'
import {
  type CredentialProvider,
  type CredentialRefresh,
  isSecretSyncError,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
import {
  type IdentitySource,
  type RamIdentity,
  type RoleSession,
  ROLE_ARN_ANNOTATION,
} from '@ack-secret-manager/resources'
import { WORKER_ROLE_HINT } from '../../operator-identity.ts'
import type { ConnectionPool } from '../connections/connection-pool.ts'
import {
  type Asker,
  locate,
  orUnauthenticated,
  readCredential,
  type ReadSecretKey,
  type ReadServiceAccount,
  withField,
} from './credential-reader.ts'
import type { OwnLending } from './operator-identity-policy.ts'
import { isOwnServiceAccount } from './operator-service-account.ts'
import type { Hold } from '../connections/ref-counted.ts'
import type { TokenPaths } from './token-paths.ts'

/** Options of {@link IdentityBuilder}. */
export interface IdentityBuilderOptions {
  readonly pool: ConnectionPool
  /** Where STS is. */
  readonly sts: { readonly region: string; readonly stsEndpoint?: string }
  readonly metadataEndpoint: string | undefined
  readonly enableWorkerRole: boolean
  readonly lending: OwnLending
  readonly oidcProviderArn: string | undefined
  /** The process's own OIDC token. */
  readonly tokenFile: string
  readonly tokenPaths: TokenPaths
  readonly readSecretKey: ReadSecretKey
  readonly readServiceAccount: ReadServiceAccount | undefined
  readonly requestToken: ((request: ServiceAccountTokenRequest) => Promise<string | Sensitive<string>>) | undefined
  readonly onRefresh: ((refresh: CredentialRefresh) => void) | undefined
}

/** Whose identity is made. */
export interface IdentityAsker extends Asker {
  /** Path of the authentication: `spec.KMS.KMSAuth`. */
  readonly field: string
}

type Of<Kind extends IdentitySource['kind']> = Extract<IdentitySource, { kind: Kind }>

/** Makes the chain of providers that an identity asks for; each link is shared with all who ask for the same one. */
export class IdentityBuilder {
  readonly #options: IdentityBuilderOptions

  constructor(options: IdentityBuilderOptions) {
    this.#options = options
  }

  /** @throws SecretSyncError naming the store and the field that is wrong; nothing is held then */
  async build({ source, roles }: RamIdentity, asker: IdentityAsker): Promise<Hold<CredentialProvider>> {
    const { pool, sts, onRefresh } = this.#options
    const chain = [await this.#source(source, asker)]
    try {
      for (const { field, ...role } of roles) {
        const { value: base } = chain.at(-1) as Hold<CredentialProvider>
        const next = named(asker, field, () =>
          assumeRoleProvider({ ...role, ...sts, base, ...(onRefresh === undefined ? {} : { onRefresh }) }),
        )
        chain.push(pool.holdProvider(next))
      }
    } catch (error) {
      releaseAll(chain)
      throw error
    }
    const { value } = chain.at(-1) as Hold<CredentialProvider>
    return { value, release: () => releaseAll(chain) }
  }

  async #source(source: IdentitySource, asker: IdentityAsker): Promise<Hold<CredentialProvider>> {
    const { pool, lending } = this.#options
    const isOwn = source.kind === 'own' || source.kind === 'worker-role' || source.kind === 'rrsa'
    if (isOwn) lending.check(asker.namespace, `${asker.label}: ${asker.field}`, asker.field)
    switch (source.kind) {
      case 'own': {
        const where = asker.field.slice(asker.field.lastIndexOf('.') + 1)
        // The caller's own is never closed.
        return { value: lending.identity(`${asker.label}: a store without ${where}`), release: () => undefined }
      }
      case 'access-key':
        return pool.holdProvider(await this.#accessKey(source, asker))
      case 'worker-role':
        return pool.holdProvider(this.#workerRole(source, asker))
      case 'rrsa':
        return pool.holdProvider(await this.#rrsa(source, asker))
      case 'service-account':
        return pool.holdProvider(await this.#serviceAccount(source, asker))
    }
  }

  async #accessKey(
    { accessKey, accessKeySecret }: Of<'access-key'>,
    asker: IdentityAsker,
  ): Promise<CredentialProvider> {
    const read = async (ref: typeof accessKey, name: string, parse: typeof credentialText): Promise<string> => {
      const field = `${asker.field}.${name}`
      const { bytes, part } = await readCredential(this.#options.readSecretKey, ref, field, asker)
      return named(asker, name, () => parse(textOf(bytes, part), part))
    }
    // Refusals come before any look-up: no half of a forbidden pair is read.
    locate(accessKey, { what: 'Secret', field: `${asker.field}.accessKey` }, asker)
    locate(accessKeySecret, { what: 'Secret', field: `${asker.field}.accessKeySecret` }, asker)
    // One after the other: where both are missing, the message is always the same.
    const id = await read(accessKey, 'accessKey', accessKeyId)
    const secret = await read(accessKeySecret, 'accessKeySecret', credentialText)
    return accessKeyProvider({ accessKeyId: id, accessKeySecret: new Sensitive(secret) })
  }

  #workerRole(
    { roleName, allowMetadataV1: allowV1 }: Of<'worker-role'>,
    { label, field }: IdentityAsker,
  ): CredentialProvider {
    const { enableWorkerRole, metadataEndpoint, onRefresh } = this.#options
    if (!enableWorkerRole) {
      throw new SecretSyncError('Unauthenticated', `${label}: ${field}.workerRole: ${WORKER_ROLE_HINT}`, {
        facts: { field: `${field}.workerRole` },
      })
    }
    return workerRoleProvider({
      allowV1,
      ...(roleName === undefined ? {} : { roleName }),
      ...(metadataEndpoint === undefined ? {} : { metadataEndpoint }),
      ...(onRefresh === undefined ? {} : { onRefresh }),
    })
  }

  async #rrsa(source: Of<'rrsa'>, asker: IdentityAsker): Promise<CredentialProvider> {
    const { tokenFile: own, tokenPaths } = this.#options
    const { tokenFile: path } = source
    const oidcProviderArn = this.#oidcProviderArn(source, asker)
    const name = path === undefined ? 'ramRoleARN' : 'oidcTokenFilePath'
    const where = `${asker.field}.${name}`
    const part = `${asker.label}: ${where}`
    const file = path === undefined ? tokenFile(own) : withField(where, () => tokenPaths.source(path, part))
    const token = await withClaims(file, { signal: asker.signal }).catch((error: unknown) => {
      if (!isSecretSyncError(error)) throw error
      const message = error.code === 'InvalidSpec' ? error.message : `${part}: ${error.message}`
      throw new SecretSyncError(error.code, message, { facts: { ...error.facts, field: where } })
    })
    return this.#oidc({ role: source.role, token, oidcProviderArn }, asker)
  }

  async #serviceAccount(source: Of<'service-account'>, asker: IdentityAsker): Promise<CredentialProvider> {
    const { readServiceAccount, requestToken: request } = this.#options
    const field = `${asker.field}.serviceAccountRef`
    const { namespace, name } = locate(source.ref, { what: 'ServiceAccount', field }, asker)
    const part = `${asker.label}: ${field}: ServiceAccount ${namespace}/${name}`
    const { lending, tokenFile: own } = this.#options
    if (!lending.admits(asker.namespace) && (await isOwnServiceAccount({ namespace, name }, own, asker.signal))) {
      lending.check(asker.namespace, part, field)
    }
    if (readServiceAccount === undefined || request === undefined) {
      throw new SecretSyncError('Unauthenticated', `${part}: there is no cluster to ask for its tokens`, {
        facts: { field },
      })
    }
    const { uid, roleArn: annotated } = await orUnauthenticated(
      readServiceAccount({ namespace, name }, { signal: asker.signal }),
      part,
      field,
    )
    const roleArn = source.role.roleArn ?? annotated?.trim()
    if (roleArn === undefined || roleArn === '') {
      throw new SecretSyncError(
        'Unauthenticated',
        `${part} has no annotation ${ROLE_ARN_ANNOTATION}, and ${asker.field}.ramRoleARN is not set`,
        { facts: { field } },
      )
    }
    const oidcProviderArn = this.#oidcProviderArn(source, asker)
    const { audiences } = source.ref
    const token = serviceAccountToken({
      namespace,
      name,
      uid,
      request,
      ...(audiences.length === 0 ? {} : { audiences }),
    })
    return this.#oidc({ role: { ...source.role, roleArn }, token, oidcProviderArn }, asker)
  }

  #oidcProviderArn(source: { readonly oidcProviderArn?: string }, { label, field }: IdentityAsker): string {
    const oidcProviderArn = source.oidcProviderArn ?? this.#options.oidcProviderArn
    if (oidcProviderArn !== undefined) return oidcProviderArn
    const where = `${field}.oidcProviderARN`
    throw new SecretSyncError(
      'InvalidSpec',
      `${label}: ${where}: required, because the operator knows no OIDC provider; --uid and --cluster-id would name that of an ACK cluster`,
      { facts: { field: where } },
    )
  }

  #oidc(
    options: { readonly role: RoleSession; readonly token: OidcTokenSource; readonly oidcProviderArn: string },
    asker: IdentityAsker,
  ): CredentialProvider {
    const { token, oidcProviderArn } = options
    const { field, ...role } = options.role
    const { sts, onRefresh } = this.#options
    const make = (): CredentialProvider =>
      rrsaProvider({ ...role, ...sts, oidcProviderArn, token, ...(onRefresh === undefined ? {} : { onRefresh }) })
    try {
      return named(asker, field, make)
    } catch (error) {
      // An annotation is no part of the store: changing it helps, changing the store does not.
      if (field !== 'serviceAccountRef' || !isSecretSyncError(error)) throw error
      throw new SecretSyncError(
        'Unauthenticated',
        error.message.replace(/serviceAccountRef: /, `serviceAccountRef: annotation ${ROLE_ARN_ANNOTATION}: `),
        { facts: error.facts },
      )
    }
  }
}

function releaseAll(chain: readonly Hold<unknown>[]): void {
  for (const hold of chain.toReversed()) hold.release()
}

/** Runs `make`; a refused option is told as the field that it came from. */
function named<T>({ label, field }: IdentityAsker, name: string, make: () => T): T {
  const where = `${field}.${name}`
  return withField(where, make, `${label}: ${where}: `)
}

function textOf(bytes: Uint8Array, part: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new SecretSyncError('Unauthenticated', `${part} is not UTF-8 text`)
  }
}
