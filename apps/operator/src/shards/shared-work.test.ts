import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { parseExternalSecret, parseSecretStore, type ParseResult } from '@ack-secret-manager/resources'
import type { StoreResource } from '@ack-secret-manager/stores'
import type { SyncResource } from '@ack-secret-manager/sync-engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { CLUSTER_DOMAIN, type Ownership, OWNS_ALL } from './ownership.ts'
import { QuotaShares } from './quota-shares.ts'
import { ResourceRoutes } from './resource-routes.ts'
import { SharedWork } from './shared-work.ts'

const KEY = 'app/web'
const QUOTA = { account: 'a', region: 'cn-hangzhou' }
const EMPTY: Ownership = { members: 2, owns: () => false }
const CLUSTER: Ownership = { members: 2, owns: (domain) => domain === CLUSTER_DOMAIN }
interface ListOptions {
  readonly query: { readonly fieldSelector: string }
}

const { signal } = new AbortController()
const META = { apiVersion: 'alibabacloud.com/v1alpha1', metadata: { namespace: 'app', name: 'web' } }

function storeIn(region: string): ParseResult<StoreResource> {
  return parseSecretStore({ ...META, kind: 'SecretStore', spec: { KMS: { region } } })
}

/** A spec whose secret is in store `app/kms`. */
function specOf(): SyncResource['spec'] {
  const data = [{ key: 'app/db', name: 'k', secretStoreRef: { name: 'kms' } }]
  const parsed = parseExternalSecret({ ...META, kind: 'ExternalSecret', spec: { data } })
  return parsed.ok ? { ok: true, value: parsed.resource.spec } : { ok: false, error: parsed.error }
}

/** A promise that the test resolves. */
function pending(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((end) => (resolve = end))
  return { promise, resolve }
}

describe('SharedWork', () => {
  let log: string[]
  /** What each part has not finished yet; a part that is not named here has nothing in progress. */
  let unfinished: Map<string, Promise<void>>
  let isComplete: boolean
  let existing: ReadonlySet<string>
  let list: (path: string, options: ListOptions) => Promise<object>
  let clock: ManualClock
  let shares: QuotaShares
  let region: string
  let routes: ResourceRoutes
  let work: SharedWork

  const end = (part: string): Promise<void> => unfinished.get(part) ?? Promise.resolve()

  beforeEach(() => {
    log = []
    unfinished = new Map()
    isComplete = true
    existing = new Set()
    clock = new ManualClock()
    shares = new QuotaShares()
    shares.learn(QUOTA, () => 'theirs')
    list = async (path, { query }) => {
      log.push(`read ${path.slice(path.indexOf('/namespaces/'))} ${query.fieldSelector}`)
      return { items: existing.has(query.fieldSelector) ? [{ metadata: { uid: 'u' } }] : [] }
    }
    region = 'cn-beijing'
    routes = new ResourceRoutes({ region: 'cn-hangzhou', storeOf: () => storeIn(region) })
    work = new SharedWork({
      routes,
      shares,
      client: { list: ((path: string, options: ListOptions) => list(path, options)) as unknown as KubeClient['list'] },
    })
    work.connect({
      engine: { released: () => end('released targets'), recover: () => log.push('recover') },
      resources: {
        has: () => false,
        reassign: () => isComplete,
        load: async (_signal, { isUrgent }) => {
          log.push(isUrgent ? 'urgent load' : 'load')
          await end('load')
        },
        written: () => end('finalizers of resources'),
      },
      stores: { reassign: () => undefined, written: () => end('statuses of stores') },
      clusterExternalSecrets: { lead: () => log.push('lead'), rest: () => end('ClusterExternalSecrets') },
      pushSecrets: { reassign: () => undefined, written: () => end('PushSecrets') },
      rateLimits: { sharesChanged: () => log.push(`share ${shares.shareOf(QUOTA).toFixed(2)}`) },
    })
  })

  describe('hands domains over only after the last write in them:', () => {
    it.each([
      'released targets',
      'finalizers of resources',
      'statuses of stores',
      'ClusterExternalSecrets',
      'PushSecrets',
    ])('%s', async (part) => {
      await work.apply(OWNS_ALL)
      const write = pending()
      unfinished.set(part, write.promise)
      let isHandedOver = false
      const applied = work.apply(EMPTY).then(() => (isHandedOver = true))
      await clock.advance(0)
      expect(isHandedOver).toBe(false)
      write.resolve()
      await applied
    })
  })

  it('gives up a domain before it waits for its writes', () => {
    unfinished.set('released targets', pending().promise)
    void work.apply(OWNS_ALL)
    expect([work.owns('any'), work.ownsCluster()]).toEqual([true, true])
    void work.apply(EMPTY)
    expect([work.owns('any'), work.ownsCluster(), work.isActive]).toEqual([false, false, true])
  })

  it('recalculates rate limits with the new share whenever it changes', () => {
    const shareLines = () => log.filter((line) => line.startsWith('share'))
    void work.apply(EMPTY)
    expect(shareLines()).toEqual(['share 0.10'])
    void work.apply(OWNS_ALL)
    expect(shareLines()).toEqual(['share 0.10', 'share 1.00'])
  })

  it('recovers resources that were deleted while no process worked on them, after each change', async () => {
    await work.apply(OWNS_ALL)
    await clock.advance(0)
    expect(log).toContain('recover')
    log.splice(0)
    await work.apply(EMPTY)
    await clock.advance(0)
    expect(log).toContain('recover')
  })

  it('recovers deleted resources only after it has loaded those that it takes over', async () => {
    isComplete = false
    const loading = pending()
    unfinished.set('load', loading.promise)
    await work.apply(OWNS_ALL)
    expect(log).toContain('urgent load')
    expect(log).not.toContain('recover')
    loading.resolve()
    await clock.advance(0)
    expect(log.at(-1)).toBe('recover')
  })

  it('recovers nothing after it was closed', async () => {
    isComplete = false
    const loading = pending()
    unfinished.set('load', loading.promise)
    await work.apply(OWNS_ALL)
    work.close()
    loading.resolve()
    await clock.advance(0)
    expect(log).not.toContain('recover')
  })

  describe('when a store changes', () => {
    const change = (next: string): void => {
      log.splice(0)
      region = next
      work.storeChanged('app/kms')
    }
    beforeEach(() => void routes.enter(routes.routeOf('app', specOf())))

    it('divides the work again only if the domain of a resource has changed', async () => {
      await work.apply(OWNS_ALL)
      change('cn-beijing')
      expect(log).toEqual([])
      change('cn-shanghai')
      expect(log).toEqual(['share 1.00'])
      work.storeChanged('app/other')
      expect(log).toEqual(['share 1.00'])
    })

    it('loads the specs that it needs now, which are not urgent', async () => {
      await work.apply(OWNS_ALL)
      isComplete = false
      change('cn-shanghai')
      expect(log).toEqual(['share 1.00', 'load'])
    })

    it('does nothing while it does not work, and knows the domain when it begins', async () => {
      change('cn-shanghai')
      expect(log).toEqual([])
      await work.apply(OWNS_ALL)
      expect(work.work().domains).toEqual(['kms/cn-shanghai/operator'])
    })
  })

  describe('cleans up after a resource that it does not know', () => {
    const READ = 'read /namespaces/app/externalsecrets metadata.name=web'
    it.each<[string, Ownership, 'had' | 'released' | 'never', 'exists' | 'gone', boolean, readonly string[]]>([
      ['not while it exists, even as the only member', OWNS_ALL, 'never', 'exists', false, [READ]],
      ['as the only member, if the API server has it no longer', OWNS_ALL, 'never', 'gone', true, [READ]],
      ['not at all if another member owns the cluster', EMPTY, 'never', 'gone', false, []],
      ['no longer once its targets are released', EMPTY, 'released', 'gone', false, []],
      ['as owner of the cluster, if the API server has it no longer', CLUSTER, 'never', 'gone', true, [READ]],
      ['not as owner of the cluster while it exists', CLUSTER, 'never', 'exists', false, [READ]],
      ['as its former owner, if the API server has it no longer', EMPTY, 'had', 'gone', true, [READ]],
      ['not as its former owner while it exists again', EMPTY, 'had', 'exists', false, [READ]],
    ])('%s', async (_when, ownership, past, state, expected, reads) => {
      await work.apply(ownership)
      if (past !== 'never') work.deleted(KEY)
      if (past === 'released') work.removed(KEY)
      if (state === 'exists') existing = new Set(['metadata.name=web'])
      expect(await work.sharing.mayCleanUp(KEY, { signal })).toBe(expected)
      expect(log.filter((line) => line.startsWith('read'))).toEqual(reads)
    })

    it('not while that read fails', async () => {
      await work.apply(CLUSTER)
      list = async () => Promise.reject(new SecretSyncError('Unavailable', 'away'))
      await expect(work.sharing.mayCleanUp(KEY, { signal })).rejects.toMatchObject({ code: 'Unavailable' })
    })
  })
})
