import {
  CLUSTER_STORE,
  GENERATED_KEY,
  renamedKeyOf,
  STORES,
  TEMPLATE,
  WORKLOAD,
  type ChaosResource,
} from './resources.ts'
import { kmsNameOf, type Member, ABSENT_SECRET } from './values.ts'

/** Names in a spec. */
export interface Naming {
  /** Names of the keys of the Secret: unchanged or renamed. */
  readonly keys: 'same' | 'new'
  /** Which of the two secrets has a name that does not exist in KMS. */
  readonly misspelt: 'none' | 'first' | 'second'
}

export const RIGHT: Naming = { keys: 'same', misspelt: 'none' }

/** The spec of a resource. `extra` adds a key. */
export function specOf(resource: ChaosResource, extra: boolean, { keys, misspelt }: Naming = RIGHT): object {
  const { kind, target, secrets } = resource
  const store = STORES.find((name) => name === kind) ?? 'kms'
  const secretStoreRef = kind === 'cluster' ? { name: CLUSTER_STORE, kind: 'ClusterSecretStore' } : { name: store }
  const named = (key: string): string => (keys === 'new' ? renamedKeyOf(key) : key)
  const whole = { key: kmsNameOf(misspelt === 'first' ? ABSENT_SECRET : secrets[0]), secretStoreRef }
  const picks = (...members: Member[]): object => ({
    ...whole,
    jmesPath: members.map((path) => ({ path, objectAlias: named(path) })),
  })
  const document = { key: kmsNameOf(misspelt === 'second' ? ABSENT_SECRET : secrets[1]), secretStoreRef }
  const common = { target: targetSpecOf(kind, target), ...(kind === 'oos' ? { provider: 'oos' } : {}) }
  const rename = (name: string): object => ({ replaceRule: [{ source: '^(.+)$', target: named(name) }] })
  switch (kind) {
    case 'extract':
      return { ...common, dataProcess: [{ extract: whole, ...(keys === 'new' ? rename('$1') : {}) }] }
    case 'renamed':
      return { ...common, dataProcess: [{ extract: whole, ...rename('db_$1') }] }
    case 'template':
    case 'config-map':
      return { ...common, data: [picks('username', 'password')] }
    case 'optional':
      return { ...common, data: [picks('username', 'password'), { ...document, name: named('extra'), optional: true }] }
    default:
      return {
        ...common,
        data: [
          picks('username', 'password'),
          ...(extra ? [picks('host')] : []),
          { ...document, name: named('document') },
        ],
        ...(kind === 'block' ? { onKeyFailure: 'Block' } : {}),
        ...(kind === 'generated' ? { generate: [{ name: GENERATED_KEY, password: { rotationInterval: '1h' } }] } : {}),
        ...(kind === 'restart' ? { restart: [{ kind: 'Deployment', name: WORKLOAD }] } : {}),
      }
  }
}

function targetSpecOf(kind: ChaosResource['kind'], name: string): object {
  switch (kind) {
    case 'merge':
      return { name, creationPolicy: 'Merge' }
    case 'adopt':
      return { name, creationPolicy: 'Adopt' }
    case 'retain':
      return { name, deletionPolicy: 'Retain' }
    case 'immutable':
      return { name, immutable: true }
    case 'template':
      return { name, template: { data: { dsn: '{{ .username }}:{{ .password }}' } } }
    case 'config-map':
      return { name, template: { templateFrom: [{ configMap: { name: TEMPLATE, items: [{ key: 'dsn' }] } }] } }
    default:
      return { name }
  }
}
