import { createHash } from 'node:crypto'
import { documentOf, type Member, memberOf } from './values.ts'

export const SYSTEM_NAMESPACE = 'acksm-system'
/** In there, and nobody's but the operator's. */
export const DIGEST_KEY = 'ack-secret-manager-digest-key'
export const NAMESPACES = ['chaos-a', 'chaos-b'] as const
/** Begins the names of namespaces that come and go. */
export const TEMPORARY = 'chaos-temp-'
export const SECRETS = ['s0', 's1', 's2', 's3', 's4', 's5'] as const
/** Nobody needs this one. */
export const OPTIONAL_SECRET = 's6'
/** What the ConfigMaps of the namespaces say is of versions of these, which are not at KMS. */
export const TEMPLATES: Readonly<Record<string, string>> = { 'chaos-a': 's100', 'chaos-b': 's101' }
export const TEMPLATE = 'chaos-template'
export const WORKLOAD = 'web'
export const CLUSTER_STORE = 'chaos-shared'
/** Stores in each namespace. */
export const STORES = ['kms', 'role', 'worker', 'instance', 'oos'] as const
/** Secrets of others in each namespace; nobody may touch them but those whose they are. */
export const FOREIGN = ['kms-key', 'client-key', 'mine', 'bystander'] as const
/** Secrets of others that take keys of ours: theirs is the key `theirs`. */
export const SHARED = ['shared', 'given'] as const

const KINDS = [
  'picks',
  'extract',
  'template',
  'immutable',
  'merge',
  'adopt',
  'retain',
  'conflict',
  'role',
  'worker',
  'cluster',
  'instance',
  'oos',
  'config-map',
  'renamed',
  'optional',
  'block',
  'restart',
] as const
const TARGETS: Partial<Record<ResourceKind, string>> = { merge: 'shared', adopt: 'given', conflict: 'mine' }

/** What an ExternalSecret of the world is there for. */
export type ResourceKind = (typeof KINDS)[number]

/** An ExternalSecret, and its Secret. */
export interface ChaosResource {
  readonly kind: ResourceKind
  readonly namespace: string
  /** Of the ExternalSecret. */
  readonly name: string
  /** Of the Secret. */
  readonly target: string
  readonly secrets: readonly [string, string]
}

/** All ExternalSecrets of the world. */
export const RESOURCES: readonly ChaosResource[] = NAMESPACES.flatMap((namespace, row) =>
  KINDS.map((kind, index) => {
    // One ClusterExternalSecret makes the same of all namespaces.
    const first = kind === 'cluster' ? index : index + row
    const secretAt = (at: number): string => SECRETS[at % SECRETS.length] ?? 's0'
    const others: Partial<Record<ResourceKind, string>> = {
      optional: OPTIONAL_SECRET,
      'config-map': TEMPLATES[namespace] ?? '',
    }
    return {
      kind,
      namespace,
      name: kind,
      target: TARGETS[kind] ?? kind,
      secrets: [secretAt(first), others[kind] ?? secretAt(first + 1)],
    }
  }),
)

/** `namespace/name` of the Secret. */
export function targetOf({ namespace, target }: Pick<ChaosResource, 'namespace' | 'target'>): string {
  return `${namespace}/${target}`
}

/** `namespace/name` of the copy that is there of a Secret while it is made anew. */
export function copyOf(target: string): string {
  const [namespace = '', name = ''] = target.split('/')
  return `${namespace}/acksm-replacement-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
}

/** What the ConfigMap of a namespace holds in one version. */
export function templateTextOf(namespace: string, version: number): string {
  return `{{ .username }}:{{ .password }}@${memberOf(TEMPLATES[namespace] ?? '', version, 'host')}`
}

/** What the Secret holds of a resource when KMS holds these versions. Nothing, where it must stay somebody else's. */
export function expectedOf(
  { kind, secrets: [first, second] }: ChaosResource,
  versionOf: (secret: string) => number,
): Readonly<Record<string, string>> {
  const version = versionOf(first)
  const member = (name: Member): string => memberOf(first, version, name)
  const [username, password, host] = [member('username'), member('password'), member('host')]
  const document = documentOf(second, versionOf(second))
  switch (kind) {
    case 'conflict':
      return {}
    case 'template':
      return { dsn: `${username}:${password}` }
    case 'config-map':
      return { dsn: `${username}:${password}@${memberOf(second, versionOf(second), 'host')}` }
    case 'extract':
      return { username, password, host }
    case 'renamed':
      return { db_username: username, db_password: password, db_host: host }
    case 'optional':
      return { username, password, extra: document }
    default:
      return { username, password, document }
  }
}

/** Keys that are always asked for. */
export function baseKeysOf(resource: ChaosResource): readonly string[] {
  return Object.keys(expectedOf(resource, () => 0))
}

/** Which of the two secrets of a resource a key comes from. */
export function placeOf(key: string): 'first' | 'second' {
  return key === 'document' || key === 'extra' ? 'second' : 'first'
}

/** What a key is called where the spec gives all of them other names. */
export function renamedKeyOf(key: string): string {
  return `new_${key}`
}

/** Those of them that are left out while their secret is absent. */
export function optionalKeysOf({ kind }: ChaosResource): readonly string[] {
  return kind === 'optional' ? ['extra'] : []
}
