import {
  groupFailures,
  labelOf,
  type LiveExternalSecret,
  liveExternalSecret,
  type OperatorState,
  pushSecretState,
  type PushSecretState,
  type StoreState,
  storeState,
} from '@ack-secret-manager/resource-view'
import { expect, it } from 'vitest'
import { overviewText } from './overview-text.ts'
import { storesText } from './stores-text.ts'

const NOW = '2026-11-29T04:00:00Z'
const TIME = '2026-11-29T03:12:00Z'
const OPERATOR: OperatorState = {
  state: 'running',
  detail: '',
  deployments: [],
  leases: [],
  home: { kind: 'none' },
}

const condition = (type: string, status: string, reason: string, message: string): object => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: TIME,
})
const failing = (namespace: string, reason: string, message: string): LiveExternalSecret =>
  liveExternalSecret({
    metadata: { namespace, name: 'web' },
    spec: { data: [{ key: 'db', name: 'password', secretStoreRef: { name: 'kms' } }] },
    status: { conditions: [condition('Ready', 'False', reason, message)] },
  })
const storeOf = (namespace: string, ...conditions: readonly object[]): StoreState =>
  storeState('SecretStore', { metadata: { namespace, name: 'kms' }, status: { conditions, endpoint: 'kms.example' } })
const namespaces = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `team-${String(index).padStart(2, '0')}`)

function shown(
  resources: readonly LiveExternalSecret[],
  stores: readonly StoreState[],
  isWide = false,
  pushSecrets: readonly PushSecretState[] = [],
): string {
  const groups = groupFailures({
    all: resources,
    stores: new Map(stores.map((each) => [labelOf(each), each])),
    workloads: [],
  })
  const overview = { resources, groups, stores, clusterExternalSecrets: [], pushSecrets, operator: OPERATOR }
  const options = { paint: (_colour: string, text: string) => text, nowMs: Date.parse(NOW), isWide }
  return overviewText(overview, options).replaceAll(/\d\d:\d\d/g, 'HH:MM')
}

it('shows one outage of the stores of 60 tenants once', () => {
  const message = 'Stale: KMS secret "db" at kms.example: unavailable (HTTP 503) (last values kept)'
  const teams = namespaces(60)
  const outage = condition('Reachable', 'False', 'Unavailable', `kms.example has not responded since ${TIME}`)
  const text = shown(
    teams.map((team) => failing(team, 'Stale', message)),
    teams.map((team) => storeOf(team, condition('Ready', 'True', 'Ready', ''), outage)),
  )
  expect(text).toBe(`60 ExternalSecrets: 0 ready, 60 not ready
✗ 60 Stale since HH:MM · 60 SecretStores (team-00/kms, team-01/kms …) · HTTP 503 at kms.example
    team-00/web, team-01/web, team-02/web and 57 more; acksm explain Stale
! 60 SecretStores (team-00/kms, team-01/kms …): unreachable since HH:MM: kms.example has not responded since 2026-11-29THH:MM:00Z
-o wide lists all of them
`)
})

it('counts PushSecrets, and names those that are not ready', () => {
  const pushSecret = (name: string, ...conditions: readonly object[]): PushSecretState =>
    pushSecretState({ metadata: { namespace: 'prod', name }, status: { conditions } })
  const text = shown([], [], false, [
    pushSecret('web', condition('Ready', 'True', 'Synced', '1 KMS secret is up to date')),
    pushSecret('api', condition('Ready', 'False', 'TargetConflict', 'KMS secret "api": it has another owner')),
    pushSecret('new'),
  ])
  expect(text).toBe(`0 ExternalSecrets: 0 ready, 0 not ready
3 PushSecrets: 1 ready, 2 not ready
✗ PushSecret prod/api: TargetConflict: KMS secret "api": it has another owner
✗ PushSecret prod/new: the operator has not reported on it yet
`)
  expect(shown([], [], false, [])).not.toContain('PushSecret')
})

it('names no single namespace in a cause of several', () => {
  const teams = namespaces(3)
  const text = shown(
    teams.map((team) => failing(team, 'StoreNotFound', `SecretStore ${team}/kms does not exist`)),
    teams.map((team) =>
      storeOf(team, condition('Ready', 'False', 'AuthenticationFailed', `Secret ${team}/key is gone`)),
    ),
  )
  expect(text).toContain(' · SecretStore NAMESPACE/kms does not exist\n')
  expect(text).toContain(
    '\n✗ 3 SecretStores (team-00/kms, team-01/kms …): AuthenticationFailed: Secret NAMESPACE/key is gone\n',
  )
})

it('counts the causes that it does not show, and shows them with -o wide', () => {
  const letters = Array.from({ length: 25 }, (_, index) => String.fromCodePoint(97 + index))
  const resources = letters.map((letter) => failing('prod', 'InvalidSpec', `field ${letter} is wrong`))
  const stores = letters.map((letter) =>
    storeOf(`ns-${letter}`, condition('Ready', 'False', 'InvalidSpec', `field ${letter} is wrong`)),
  )
  const text = shown(resources, stores)
  expect(text.match(/^✗ 1 of 25 InvalidSpec /gm)).toHaveLength(20)
  expect(text).toMatch(/^ {2}and 5 ExternalSecrets with 5 more causes; -o wide shows all$/m)
  expect(text).toMatch(/^ {2}and 5 more SecretStores with other causes; -o wide shows all$/m)
  const wide = shown(resources, stores, true)
  expect(wide.match(/^✗ /gm)).toHaveLength(50)
  expect(wide).not.toContain('shows all')
})

it.each<[text: string, keys: readonly string[], isWide?: boolean]>([
  ['', []],
  ['SecretStore prod/kms', ['prod/kms']],
  ['2 SecretStores (a/kms, b/kms)', ['a/kms', 'b/kms']],
  ['3 SecretStores (a/kms, b/kms …)', ['a/kms', 'b/kms', 'c/kms']],
  ['3 SecretStores (a/kms, b/kms, c/kms)', ['a/kms', 'b/kms', 'c/kms'], true],
  ['SecretStore a/kms, ClusterSecretStore shared', ['a/kms', 'shared']],
  ['SecretStore a/kms, 2 ClusterSecretStores (shared, x)', ['shared', 'a/kms', 'x']],
])('names stores: %s', (text, keys, isWide = false) => {
  const stores = keys.map((key) => {
    const [namespace = '', name] = key.split('/')
    return name === undefined
      ? ({ kind: 'ClusterSecretStore', namespace: '', name: key } as const)
      : ({ kind: 'SecretStore', namespace, name } as const)
  })
  expect(storesText(stores, isWide)).toBe(text)
})
