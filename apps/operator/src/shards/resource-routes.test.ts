import { parseExternalSecret, parseSecretStore, type ParseResult } from '@ack-secret-manager/resources'
import type { StoreResource } from '@ack-secret-manager/stores'
import type { SyncResource } from '@ack-secret-manager/sync-engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { CLUSTER_DOMAIN } from './ownership.ts'
import { ResourceRoutes } from './resource-routes.ts'

const API_VERSION = 'alibabacloud.com/v1alpha1'

function specOf(data: readonly object[], more: object = {}): SyncResource['spec'] {
  const metadata = { namespace: 'app', name: 'web' }
  const parsed = parseExternalSecret({
    apiVersion: API_VERSION,
    kind: 'ExternalSecret',
    metadata,
    spec: { data, ...more },
  })
  return parsed.ok ? { ok: true, value: parsed.resource.spec } : { ok: false, error: parsed.error }
}

const entry = (store?: string, more: object = {}): object => ({
  key: 'app/db',
  name: 'k',
  ...(store !== undefined && { secretStoreRef: { name: store } }),
  ...more,
})

describe('ResourceRoutes', () => {
  let stores: Map<string, ParseResult<StoreResource>>
  let routes: ResourceRoutes

  const setStore = (name: string, region: string): void => {
    const metadata = { namespace: 'app', name }
    stores.set(
      `app/${name}`,
      parseSecretStore({ apiVersion: API_VERSION, kind: 'SecretStore', metadata, spec: { KMS: { region } } }),
    )
  }
  const domainOf = (...entries: readonly object[]): string =>
    routes.routeOf('app', specOf(entries.map((one, index) => ({ ...one, name: `k${index}` })))).domain

  beforeEach(() => {
    stores = new Map()
    routes = new ResourceRoutes({ region: 'cn-hangzhou', storeOf: (key) => stores.get(key) })
    setStore('one', 'cn-beijing')
    setStore('two', 'cn-shanghai')
  })

  it('is that of the first entry', () => {
    expect(domainOf(entry('one'), entry('two'))).toBe('kms/cn-beijing/operator')
    expect(domainOf(entry('two'), entry('one'))).toBe('kms/cn-shanghai/operator')
    expect(domainOf(entry())).toBe('kms/cn-hangzhou/operator')
  })

  it('is that of the cluster for an invalid resource, and for a store that does not exist', () => {
    expect(domainOf(entry('missing'))).toBe(CLUSTER_DOMAIN)
    expect(domainOf({ key: '' })).toBe(CLUSTER_DOMAIN)
  })

  it('follows the store', () => {
    const route = routes.enter(routes.routeOf('app', specOf([entry('one')])))
    expect(routes.storeChanged('app/one')).toBe(false)
    setStore('one', 'eu-central-1')
    expect(routes.storeChanged('app/two')).toBe(false)
    expect(routes.storeChanged('app/one')).toBe(true)
    expect(route.domain).toBe('kms/eu-central-1/operator')
    stores.delete('app/one')
    expect(routes.storeChanged('app/one')).toBe(true)
    expect(route.domain).toBe(CLUSTER_DOMAIN)
  })

  it('counts resources, and forgets routes without any', () => {
    const spec = specOf([entry('one')])
    const [first, second] = [routes.enter(routes.routeOf('app', spec)), routes.enter(routes.routeOf('app', spec))]
    expect(second).toBe(first)
    expect([...routes.resources()]).toEqual([['kms/cn-beijing/operator', 2]])
    routes.leave(first)
    routes.leave(first)
    expect([...routes.resources()]).toEqual([])
  })
})
