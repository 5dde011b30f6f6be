import { CLUSTER_STORE, STORES, TEMPLATE, WORKLOAD, type WorldResource } from './resources.ts'
import { kmsNameOf, type Member } from './values.ts'

/** The spec of a resource; `extra` asks for one key more. */
export function specOf({ kind, target, secrets: [first, second] }: WorldResource, extra: boolean): object {
  const store = STORES.find((name) => name === kind) ?? 'kms'
  const secretStoreRef = kind === 'cluster' ? { name: CLUSTER_STORE, kind: 'ClusterSecretStore' } : { name: store }
  const whole = { key: kmsNameOf(first), secretStoreRef }
  const picks = (...members: Member[]): object => ({
    ...whole,
    jmesPath: members.map((path) => ({ path, objectAlias: path })),
  })
  const document = { key: kmsNameOf(second), secretStoreRef }
  const common = { target: targetSpecOf(kind, target), ...(kind === 'oos' ? { provider: 'oos' } : {}) }
  switch (kind) {
    case 'extract':
      return { ...common, dataProcess: [{ extract: whole }] }
    case 'renamed':
      return { ...common, dataProcess: [{ extract: whole, replaceRule: [{ source: '^(.+)$', target: 'db_$1' }] }] }
    case 'template':
    case 'config-map':
      return { ...common, data: [picks('username', 'password')] }
    case 'optional':
      return { ...common, data: [picks('username', 'password'), { ...document, name: 'extra', optional: true }] }
    default:
      return {
        ...common,
        data: [picks('username', 'password'), ...(extra ? [picks('host')] : []), { ...document, name: 'document' }],
        ...(kind === 'block' ? { onKeyFailure: 'Block' } : {}),
        ...(kind === 'restart' ? { restart: [{ kind: 'Deployment', name: WORKLOAD }] } : {}),
      }
  }
}

function targetSpecOf(kind: WorldResource['kind'], name: string): object {
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
