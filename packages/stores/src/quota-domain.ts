import { createHash } from 'node:crypto'
import type { StoreReference } from '@ack-secret-manager/core'
import { type EndpointService, ramIdentityOf, type StoreAccess, storeServiceOf } from '@ack-secret-manager/resources'
import type { StoreResource } from './store-references.ts'

export interface QuotaDomainOptions {
  /** Region of stores without one. */
  readonly region: string
  /** Endpoint that an entry names instead of its store's. */
  readonly kmsEndpoint?: string | undefined
  /** `spec.provider` of an entry without a store. @default kms */
  readonly provider?: string | undefined
}

const INSTANCE_SUFFIX = '.cryptoservice.kms.aliyuncs.com'

/**
 * Name of the quota that reads through a store count for: service, region and account, or one instance. The same in every process, because it
 * comes from the spec alone, not from a credential, another object or a call. Contains nothing secret.
 *
 * Reads that can share a call have one domain. Stores of one account may have several: an AccessKey or a ServiceAccount does not name
 * its account. Secrets and ServiceAccounts count by their name alone, because copies in many namespaces are usually of one account.
 * @param spec undefined: the operator identity at the default endpoint
 */
export function quotaDomain(spec: StoreResource['spec'] | undefined, options: QuotaDomainOptions): string {
  const { region, kmsEndpoint, provider = 'kms' } = options
  if (spec === undefined) return atEndpoint(provider, kmsEndpoint, region, 'operator')
  const service = storeServiceOf(spec)
  if (service.kind === 'package') return `plugin/${service.package}/${digestOf(service.config)}`
  const endpoint = (service.provider === 'kms' ? kmsEndpoint : undefined) ?? service.endpoint
  if (isInstance(service, kmsEndpoint)) return `kms-instance/${instanceOf(endpoint ?? '')}`
  return atEndpoint(service.provider, endpoint, service.region ?? region, accountOf(service.access))
}

/** `namespace/name` of the store that a resource of `namespace` references; the namespace of a ClusterSecretStore is empty. */
export function storeKeyOf(ref: StoreReference, namespace: string): string {
  return ref.kind === 'ClusterSecretStore' ? `/${ref.name}` : `${ref.namespace || namespace}/${ref.name}`
}

function isInstance({ driver }: EndpointService, kmsEndpoint: string | undefined): boolean {
  return driver === 'kms-instance' && kmsEndpoint === undefined
}

function atEndpoint(provider: string, endpoint: string | undefined, region: string, account: string): string {
  const host = hostOf(endpoint ?? '')
  if (host.endsWith(INSTANCE_SUFFIX)) return `kms-instance/${instanceOf(host)}`
  const named = /^(?:kms|oos)(?:-vpc)?\.([a-z0-9-]+)\.aliyuncs\.com$/.exec(host)?.[1]
  return `${provider}/${named ?? region}/${account}`
}

function instanceOf(endpoint: string): string {
  const host = hostOf(endpoint)
  return host.endsWith(INSTANCE_SUFFIX) ? host.slice(0, -INSTANCE_SUFFIX.length) : host
}

/** Without the default port. Never throws: the backend reports a malformed endpoint. */
function hostOf(endpoint: string): string {
  return endpoint.toLowerCase().replace(/:443$/, '')
}

/** The account, if a role names it; otherwise the source of the identity. */
function accountOf(access: StoreAccess): string {
  if (access.kind === 'client-key') return `client-key ${access.content.name}`
  const { source, roles } = ramIdentityOf(access.auth)
  const last = roles.at(-1)?.roleArn ?? ('role' in source ? source.role.roleArn : undefined)
  const account = /^acs:ram::(\d+):/.exec(last ?? '')?.[1]
  if (account !== undefined) return account
  if (source.kind === 'access-key') return `access-key ${source.accessKey.name}`
  if (source.kind === 'service-account') return `service-account ${source.ref.name}`
  return source.kind === 'worker-role' ? 'worker-role' : 'operator'
}

/** A digest, because the configuration of a package may be long, and may contain what its author considers private. */
function digestOf(config: unknown): string {
  const text = JSON.stringify(config, (_name, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
