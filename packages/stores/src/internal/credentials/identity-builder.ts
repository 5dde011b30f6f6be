import {
  type Clock,
  type CredentialProvider,
  type CredentialRefresh,
  defined,
  isSecretSyncError,
  type ProxyRoutes,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
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
  type IdentitySource,
  type RamIdentity,
  type RoleSpec,
  ROLE_ARN_ANNOTATION,
} from '@ack-secret-manager/resources'
import { WORKER_ROLE_HINT } from '../../operator-identity.ts'
import type { ConnectionPool } from '../connections/connection-pool.ts'
import {
  type Requester,
  locate,
  orUnauthenticated,
  readCredential,
  type ReadSecretKey,
  type ReadServiceAccount,
  withField,
} from './credential-reader.ts'
import type { OperatorIdentityPolicy } from './operator-identity-policy.ts'
import { isOperatorServiceAccount } from './operator-service-account.ts'
import type { Ref } from '../connections/ref-counted.ts'
import { withStartupDenials } from './startup-denials.ts'
import type { TokenPaths } from './token-paths.ts'

export interface IdentityBuilderOptions {
  readonly pool: ConnectionPool
  readonly sts: { readonly region: string; readonly stsEndpoint?: string; readonly proxy?: ProxyRoutes }
  readonly metadataEndpoint: string | undefined
  readonly enableWorkerRole: boolean
  readonly identityPolicy: OperatorIdentityPolicy
  readonly oidcProviderArn: string | undefined
  /** File with the operator's OIDC token. */
  readonly tokenFile: string
  readonly tokenPaths: TokenPaths
  readonly readSecretKey: ReadSecretKey
  readonly readServiceAccount: ReadServiceAccount | undefined
  readonly requestToken: ((request: ServiceAccountTokenRequest) => Promise<string | Sensitive<string>>) | undefined
  readonly onRefresh: ((refresh: CredentialRefresh) => void) | undefined
  readonly clock: Clock
}

/** The store, and the field of its authentication. */
export interface IdentityRequester extends Requester {
  /** Path of the authentication: `spec.KMS.KMSAuth`. */
  readonly field: string
}

type Of<Kind extends IdentitySource['kind']> = Extract<IdentitySource, { kind: Kind }>

/** Builds the chain of credential providers of a store. Stores with the same link share its provider. */
export class IdentityBuilder {
  readonly #options: IdentityBuilderOptions

  constructor(options: IdentityBuilderOptions) {
    this.#options = options
  }

  /** @throws SecretSyncError naming the store and the invalid field; no reference is kept then */
  async build({ source, roles }: RamIdentity, requester: IdentityRequester): Promise<Ref<CredentialProvider>> {
    const { pool, sts, onRefresh } = this.#options
    const chain = [await this.#source(source, requester)]
    try {
      for (const { field, ...role } of roles) {
        const { value: base } = chain.at(-1) as Ref<CredentialProvider>
        const next = named(requester, field, () =>
          assumeRoleProvider({ ...role, ...sts, base, ...defined({ onRefresh }) }),
        )
        chain.push(pool.acquireProvider(next))
      }
    } catch (error) {
      releaseAll(chain)
      throw error
    }
    const { value } = chain.at(-1) as Ref<CredentialProvider>
    return { value, release: () => releaseAll(chain) }
  }

  async #source(source: IdentitySource, requester: IdentityRequester): Promise<Ref<CredentialProvider>> {
    const { pool, identityPolicy } = this.#options
    const isOwn = source.kind === 'own' || source.kind === 'worker-role' || source.kind === 'rrsa'
    if (isOwn) identityPolicy.check(requester.namespace, `${requester.label}: ${requester.field}`, requester.field)
    switch (source.kind) {
      case 'own': {
        const where = requester.field.slice(requester.field.lastIndexOf('.') + 1)
        // The caller owns the operator identity and closes it.
        return {
          value: identityPolicy.identity(`${requester.label}: a store without ${where}`),
          release: () => undefined,
        }
      }
      case 'access-key':
        return pool.acquireProvider(await this.#accessKey(source, requester))
      case 'worker-role':
        return pool.acquireProvider(this.#workerRole(source, requester))
      case 'rrsa':
        return pool.acquireProvider(await this.#rrsa(source, requester))
      case 'service-account':
        return pool.acquireProvider(await this.#serviceAccount(source, requester))
    }
  }

  async #accessKey(
    { accessKey, accessKeySecret }: Of<'access-key'>,
    requester: IdentityRequester,
  ): Promise<CredentialProvider> {
    const read = async (ref: typeof accessKey, name: string, parse: typeof credentialText): Promise<string> => {
      const field = `${requester.field}.${name}`
      const { bytes, part } = await readCredential(this.#options.readSecretKey, ref, field, requester)
      return named(requester, name, () => parse(textOf(bytes, part), part))
    }
    // Check both references before any lookup, so that no half of a forbidden pair is read.
    locate(accessKey, { what: 'Secret', field: `${requester.field}.accessKey` }, requester)
    locate(accessKeySecret, { what: 'Secret', field: `${requester.field}.accessKeySecret` }, requester)
    // Sequential, so that the message is stable when both are missing.
    const id = await read(accessKey, 'accessKey', accessKeyId)
    const secret = await read(accessKeySecret, 'accessKeySecret', credentialText)
    return accessKeyProvider({ accessKeyId: id, accessKeySecret: new Sensitive(secret) })
  }

  #workerRole(
    { roleName, allowMetadataV1: allowV1 }: Of<'worker-role'>,
    { label, field }: IdentityRequester,
  ): CredentialProvider {
    const { enableWorkerRole, metadataEndpoint, onRefresh } = this.#options
    if (!enableWorkerRole) {
      throw new SecretSyncError('Unauthenticated', `${label}: ${field}.workerRole: ${WORKER_ROLE_HINT}`, {
        facts: { field: `${field}.workerRole` },
      })
    }
    return workerRoleProvider({
      allowV1,
      ...defined({ roleName, metadataEndpoint, onRefresh }),
    })
  }

  async #rrsa(source: Of<'rrsa'>, requester: IdentityRequester): Promise<CredentialProvider> {
    const { tokenFile: own, tokenPaths } = this.#options
    const { tokenFile: path } = source
    const oidcProviderArn = this.#oidcProviderArn(source, requester)
    const name = path === undefined ? 'ramRoleARN' : 'oidcTokenFilePath'
    const where = `${requester.field}.${name}`
    const part = `${requester.label}: ${where}`
    const file = path === undefined ? tokenFile(own) : withField(where, () => tokenPaths.source(path, part))
    const token = await withClaims(file, { signal: requester.signal }).catch((error: unknown) => {
      if (!isSecretSyncError(error)) throw error
      const message = error.code === 'InvalidSpec' ? error.message : `${part}: ${error.message}`
      throw new SecretSyncError(error.code, message, { facts: { ...error.facts, field: where } })
    })
    return this.#oidc({ role: source.role, token, oidcProviderArn }, requester)
  }

  async #serviceAccount(source: Of<'service-account'>, requester: IdentityRequester): Promise<CredentialProvider> {
    const { readServiceAccount, requestToken: request } = this.#options
    const field = `${requester.field}.serviceAccountRef`
    const { namespace, name } = locate(source.ref, { what: 'ServiceAccount', field }, requester)
    const part = `${requester.label}: ${field}: ServiceAccount ${namespace}/${name}`
    const { identityPolicy, tokenFile: own } = this.#options
    if (
      !identityPolicy.allows(requester.namespace) &&
      (await isOperatorServiceAccount({ namespace, name }, own, requester.signal))
    ) {
      identityPolicy.check(requester.namespace, part, field)
    }
    if (readServiceAccount === undefined || request === undefined) {
      throw new SecretSyncError('Unauthenticated', `${part}: tokens of a ServiceAccount need access to a cluster`, {
        facts: { field },
      })
    }
    const { uid, roleArn: annotated } = await orUnauthenticated(
      readServiceAccount({ namespace, name }, { signal: requester.signal }),
      part,
      field,
    )
    const roleArn = source.role.roleArn ?? annotated?.trim()
    if (roleArn === undefined || roleArn === '') {
      throw new SecretSyncError(
        'Unauthenticated',
        `${part} has no annotation ${ROLE_ARN_ANNOTATION}, and ${requester.field}.ramRoleARN is not set`,
        { facts: { field } },
      )
    }
    const oidcProviderArn = this.#oidcProviderArn(source, requester)
    const { audiences } = source.ref
    const token = serviceAccountToken({
      namespace,
      name,
      uid,
      request: withStartupDenials(request, this.#options.clock),
      ...(audiences.length === 0 ? {} : { audiences }),
    })
    return this.#oidc({ role: { ...source.role, roleArn }, token, oidcProviderArn }, requester)
  }

  #oidcProviderArn(source: { readonly oidcProviderArn?: string }, { label, field }: IdentityRequester): string {
    const oidcProviderArn = source.oidcProviderArn ?? this.#options.oidcProviderArn
    if (oidcProviderArn !== undefined) return oidcProviderArn
    const where = `${field}.oidcProviderARN`
    throw new SecretSyncError(
      'InvalidSpec',
      `${label}: ${where}: required, because the operator has no default OIDC provider; for an ACK cluster set --uid and --cluster-id`,
      { facts: { field: where } },
    )
  }

  #oidc(
    options: { readonly role: RoleSpec; readonly token: OidcTokenSource; readonly oidcProviderArn: string },
    requester: IdentityRequester,
  ): CredentialProvider {
    const { token, oidcProviderArn } = options
    const { field, ...role } = options.role
    const { sts, onRefresh } = this.#options
    const make = (): CredentialProvider =>
      rrsaProvider({ ...role, ...sts, oidcProviderArn, token, ...defined({ onRefresh }) })
    try {
      return named(requester, field, make)
    } catch (error) {
      // The invalid value is the annotation of the ServiceAccount, not a field of the store.
      if (field !== 'serviceAccountRef' || !isSecretSyncError(error)) throw error
      throw new SecretSyncError(
        'Unauthenticated',
        error.message.replace(/serviceAccountRef: /, `serviceAccountRef: annotation ${ROLE_ARN_ANNOTATION}: `),
        { facts: error.facts },
      )
    }
  }
}

function releaseAll(chain: readonly Ref<unknown>[]): void {
  for (const ref of chain.toReversed()) ref.release()
}

/** Runs `make` and attributes an invalid option to the field of the store that it comes from. */
function named<T>({ label, field }: IdentityRequester, name: string, make: () => T): T {
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
