import type { StoreQuery } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { MAX_ENDPOINTS_PER_NAMESPACE } from './internal/connections/endpoint-quota.ts'
import type { StoreRegistryOptions } from './store-types.ts'
import { auth, connectionOf, readThrough, signal, store, StoreFixture } from './testing/store-fixture.ts'

const endpoint = (index: number): string => `kms.cn-region-${index}.aliyuncs.com`
const ALL = Array.from({ length: MAX_ENDPOINTS_PER_NAMESPACE }, (_, index) => index)

/** Resources of several namespaces that name endpoints besides those of their stores. */
function setup(options: Partial<StoreRegistryOptions> = {}) {
  const freed: string[] = []
  const fixture = new StoreFixture({ onEndpointSlotFree: (namespace) => freed.push(namespace), ...options })
  const { registry } = fixture
  const resolve = (namespace: string, index: number, query: Partial<StoreQuery> = {}) =>
    registry.resolve({ namespace, kmsEndpoint: endpoint(index), ...query })
  /** Acts like the engine: resolves every endpoint of a resource, then reports its connections. */
  const sync = (namespace: string, name: string, indices: readonly number[], query: Partial<StoreQuery> = {}) => {
    const found = indices.map((index) => resolve(namespace, index, query))
    const connections = found.flatMap((one) => (one.kind === 'ready' ? [one.connection.key] : []))
    registry.reads({ namespace, name }, new Set(connections))
    return found
  }
  return { fixture, registry, freed, resolve, sync }
}

describe('further endpoints that entries name', () => {
  it('are limited per namespace, so an exhausted namespace takes no slot of another', () => {
    const { sync } = setup()
    expect(sync('greedy', 'all', ALL).every(({ kind }) => kind === 'ready')).toBe(true)
    expect(sync('greedy', 'more', [100])).toMatchObject([
      {
        kind: 'error',
        error: {
          code: 'InvalidSpec',
          message: `kmsEndpoint: namespace greedy already uses 64 endpoints besides those of its stores, which is the limit; create a SecretStore for this endpoint`,
        },
      },
    ])
    expect(sync('modest', 'one', [100])).toMatchObject([{ kind: 'ready' }])
  })

  it('count once for all resources of a namespace', () => {
    const { sync } = setup()
    for (const name of ['a', 'b']) expect(sync('prod', name, ALL).every(({ kind }) => kind === 'ready')).toBe(true)
  })

  it('do not count at the endpoint of the store', () => {
    const { sync, registry } = setup()
    sync('greedy', 'all', ALL)
    const own = registry.resolve({ namespace: 'greedy', kmsEndpoint: 'kms-vpc.cn-hangzhou.aliyuncs.com' })
    expect(own.kind).toBe('ready')
  })

  it('are released when their last resource names others or is deleted', () => {
    const { sync, fixture } = setup()
    sync('prod', 'a', [1, 2])
    sync('prod', 'b', [2])
    sync('prod', 'a', [3])
    expect(fixture.closed).toEqual([`LTAI5tOwn@${endpoint(1)}`])
    sync('prod', 'b', [])
    expect(fixture.closed).toEqual([1, 2].map((index) => `LTAI5tOwn@${endpoint(index)}`))
  })

  it('are released if no resource reads through them', () => {
    const { resolve, registry, fixture } = setup()
    resolve('prod', 1)
    registry.reads({ namespace: 'prod', name: 'a' }, new Set())
    expect(fixture.closed).toEqual([`LTAI5tOwn@${endpoint(1)}`])
  })

  it('stay open for one namespace when another releases them', async () => {
    const { sync } = setup()
    sync('prod', 'a', [1])
    const [mine] = sync('dev', 'a', [1])
    sync('prod', 'a', [])
    expect(await readThrough(connectionOf(mine ?? { kind: 'error', error: new Error('none') as never }))).toBe(
      `LTAI5tOwn@${endpoint(1)}/app/db`,
    )
  })

  it('are offered to a refused namespace when a slot is freed', () => {
    const { sync, freed } = setup()
    sync('prod', 'all', ALL)
    sync('prod', 'late', [100])
    expect(freed).toEqual([])
    sync('prod', 'all', ALL.slice(1))
    expect(freed).toEqual(['prod'])
    expect(sync('prod', 'late', [100])).toMatchObject([{ kind: 'ready' }])
    // No namespace waits for a slot any more.
    sync('prod', 'all', ALL.slice(2))
    expect(freed).toEqual(['prod'])
  })

  it('are released with their store, which frees the slots', async () => {
    const { sync, fixture, registry, freed } = setup()
    fixture.keep('creds', 'LTAI5tProd')
    await registry.upsert(store('kms', auth('creds')), { signal })
    const through = { ref: { name: 'kms' } }
    sync('prod', 'all', ALL, through)
    sync('prod', 'late', [100])
    registry.remove('prod', 'kms')
    expect(freed).toEqual(['prod'])
    expect(fixture.closed).toHaveLength(ALL.length + 1)
    expect(sync('prod', 'late', [100])).toMatchObject([{ kind: 'ready' }])
  })
})
