import { documentOf, kmsNameOf, type Member, memberOf } from './values.ts'

/** What an ExternalSecret of the world is there for. */
export type ResourceKind =
  | 'picks'
  | 'extract'
  | 'template'
  | 'immutable'
  | 'merge'
  | 'adopt'
  | 'retain'
  | 'conflict'
  | 'role'
  | 'worker'
  | 'cluster'

/** An ExternalSecret, and its Secret. */
export interface WorldResource {
  readonly kind: ResourceKind
  readonly namespace: string
  /** Of the ExternalSecret. */
  readonly name: string
  /** Of the Secret. */
  readonly target: string
  readonly secrets: readonly [string, string]
}

export const SYSTEM_NAMESPACE = 'acksm-system'
export const NAMESPACES = ['chaos-a', 'chaos-b'] as const
export const SECRETS = ['s0', 's1', 's2', 's3', 's4', 's5'] as const
export const CLUSTER_STORE = 'chaos-shared'
/** Secrets of others in each namespace; nobody may touch them but those whose they are. */
export const FOREIGN = ['kms-key', 'mine', 'bystander'] as const
/** Secrets of others that take keys of ours: theirs is the key `theirs`. */
export const SHARED = ['shared', 'given'] as const

const KINDS: readonly ResourceKind[] = [
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
]
const TARGETS: Partial<Record<ResourceKind, string>> = { merge: 'shared', adopt: 'given', conflict: 'mine' }

/** All ExternalSecrets of the world. */
export const RESOURCES: readonly WorldResource[] = NAMESPACES.flatMap((namespace, row) =>
  KINDS.map((kind, index) => {
    // One ClusterExternalSecret makes the same of all namespaces.
    const first = kind === 'cluster' ? index : index + row
    const secretAt = (at: number): string => SECRETS[at % SECRETS.length] ?? 's0'
    return {
      kind,
      namespace,
      name: kind,
      target: TARGETS[kind] ?? kind,
      secrets: [secretAt(first), secretAt(first + 1)],
    }
  }),
)

/** `namespace/name` of the Secret. */
export function targetOf({ namespace, target }: WorldResource): string {
  return `${namespace}/${target}`
}

/** The spec of a resource; `extra` asks for one key more. */
export function specOf({ kind, target, secrets: [first, second] }: WorldResource, extra: boolean): object {
  const store = kind === 'role' || kind === 'worker' ? kind : 'kms'
  const secretStoreRef = kind === 'cluster' ? { name: CLUSTER_STORE, kind: 'ClusterSecretStore' } : { name: store }
  const picks = (secret: string, ...members: Member[]): object => ({
    key: kmsNameOf(secret),
    jmesPath: members.map((path) => ({ path, objectAlias: path })),
    secretStoreRef,
  })
  if (kind === 'extract') return { dataProcess: [{ extract: { key: kmsNameOf(first), secretStoreRef } }] }
  return {
    data: [
      picks(first, 'username', 'password'),
      ...(extra ? [picks(first, 'host')] : []),
      ...(kind === 'template' ? [] : [{ key: kmsNameOf(second), name: 'document', secretStoreRef }]),
    ],
    target: {
      name: target,
      ...(kind === 'merge' ? { creationPolicy: 'Merge' } : {}),
      ...(kind === 'adopt' ? { creationPolicy: 'Adopt' } : {}),
      ...(kind === 'retain' ? { deletionPolicy: 'Retain' } : {}),
      ...(kind === 'immutable' ? { immutable: true } : {}),
      ...(kind === 'template' ? { template: { data: { dsn: '{{ .username }}:{{ .password }}' } } } : {}),
    },
  }
}

/** What the Secret holds of a resource when KMS holds these versions. Nothing, where it must stay somebody else's. */
export function expectedOf(
  { kind, secrets: [first, second] }: WorldResource,
  versionOf: (secret: string) => number,
): Readonly<Record<string, string>> {
  const version = versionOf(first)
  const member = (name: Member): string => memberOf(first, version, name)
  const [username, password] = [member('username'), member('password')]
  switch (kind) {
    case 'conflict':
      return {}
    case 'template':
      return { dsn: `${username}:${password}` }
    case 'extract':
      return { username, password, host: member('host') }
    default:
      return { username, password, document: documentOf(second, versionOf(second)) }
  }
}

/** Keys that are always asked for. */
export function baseKeysOf(resource: WorldResource): readonly string[] {
  return Object.keys(expectedOf(resource, () => 0))
}
