import { createHash } from 'node:crypto'
import { documentOf, type Member, memberOf } from './values.ts'

export const SYSTEM_NAMESPACE = 'acksm-system'
/** Secret in the system namespace that only the operator writes. */
export const DIGEST_KEY = 'ack-secret-manager-digest-key'
export const NAMESPACES = ['chaos-a', 'chaos-b'] as const
/** Name prefix of temporary namespaces. */
export const TEMPORARY = 'chaos-temp-'
export const SECRETS = ['s0', 's1', 's2', 's3', 's4', 's5'] as const
/** Secret that is used by optional entries only. */
export const OPTIONAL_SECRET = 's6'
/** Names for the versions of the ConfigMap texts, which are not in KMS. */
export const TEMPLATES: Readonly<Record<string, string>> = { 'chaos-a': 's100', 'chaos-b': 's101' }
export const TEMPLATE = 'chaos-template'
export const WORKLOAD = 'web'
export const CLUSTER_STORE = 'chaos-shared'
/** Stores in each namespace. */
export const STORES = ['kms', 'role', 'worker', 'instance', 'oos'] as const
/** Secrets of other owners in each namespace. Only their owners may change them. */
export const FOREIGN = ['kms-key', 'client-key', 'mine', 'bystander'] as const
/** Secrets of other owners that get managed keys as well. The key `theirs` belongs to the other owner. */
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
  'generated',
] as const
/** Key with a generated value, of the kind `generated`. */
export const GENERATED_KEY = 'token'
/** Longer than a run on a cluster, so that only the simulation rotates it. */
export const GENERATED_ROTATION_MS = 3_600_000

const TARGETS: Partial<Record<ResourceKind, string>> = { merge: 'shared', adopt: 'given', conflict: 'mine' }

/** Purpose of an ExternalSecret of the workload. */
export type ResourceKind = (typeof KINDS)[number]

/** An ExternalSecret, and its Secret. */
export interface ChaosResource {
  readonly kind: ResourceKind
  readonly namespace: string
  /** Name of the ExternalSecret. */
  readonly name: string
  /** Name of the Secret. */
  readonly target: string
  readonly secrets: readonly [string, string]
}

/** All ExternalSecrets of the workload. */
export const RESOURCES: readonly ChaosResource[] = NAMESPACES.flatMap((namespace, row) =>
  KINDS.map((kind, index) => {
    // One ClusterExternalSecret creates the same ExternalSecret in all namespaces.
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

/** `namespace/name` of the replacement of a Secret that is being recreated. */
export function copyOf(target: string): string {
  const [namespace = '', name = ''] = target.split('/')
  return `${namespace}/acksm-replacement-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
}

/** Text of the ConfigMap of a namespace in one version. */
export function templateTextOf(namespace: string, version: number): string {
  return `{{ .username }}:{{ .password }}@${memberOf(TEMPLATES[namespace] ?? '', version, 'host')}`
}

/** Expected keys of a resource in its Secret for these versions. Empty if the Secret belongs to another owner. */
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

/** Keys that the spec always has. */
export function baseKeysOf(resource: ChaosResource): readonly string[] {
  const keys = Object.keys(expectedOf(resource, () => 0))
  return hasGenerated(resource) ? [GENERATED_KEY, ...keys] : keys
}

/** Whether the Secret has {@link GENERATED_KEY}. */
export function hasGenerated({ kind }: Pick<ChaosResource, 'kind'>): boolean {
  return kind === 'generated'
}

/** Which of the two secrets of a resource a key comes from. */
export function placeOf(key: string): 'first' | 'second' {
  return key === 'document' || key === 'extra' ? 'second' : 'first'
}

/** Name of a key after all keys are renamed. */
export function renamedKeyOf(key: string): string {
  return `new_${key}`
}

/** Keys that are omitted while their secret is absent. */
export function optionalKeysOf({ kind }: ChaosResource): readonly string[] {
  return kind === 'optional' ? ['extra'] : []
}
