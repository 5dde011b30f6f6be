import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Manifests } from '../manifests/manifests.ts'
import { Log } from '../output/log.ts'
import { Capture } from '../testing/run.ts'
import { followManifests } from './follow-manifests.ts'
import type { SyncSession } from './sync-session.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const keysOf = ({ externalSecrets }: Manifests): string => [...externalSecrets.keys()].join()

/** Files that never change, with a ClusterExternalSecret whose namespaces change. */
async function follow(followsCluster: boolean, minutes: readonly string[]): Promise<string[]> {
  let current = 'a/web'
  let reads = 0
  const replaced: string[] = []
  const reader = {
    followsCluster,
    changed: () => Promise.resolve(false),
    read: () => Promise.resolve({ externalSecrets: new Map([[minutes[reads++] ?? '', {}]]) } as unknown as Manifests),
  }
  const session = {
    recheckStores: () => Promise.resolve(),
    hasResources: (manifests: Manifests) => keysOf(manifests) === current,
    replace: (manifests: Manifests) => {
      current = keysOf(manifests)
      replaced.push(current)
      return Promise.resolve()
    },
  }
  const stop = new AbortController()
  const log = new Log(new Capture(), 'info')
  const running = followManifests(session as unknown as SyncSession, reader, log, stop.signal)
  await vi.advanceTimersByTimeAsync(minutes.length * 61_000)
  stop.abort()
  await running
  return replaced
}

it('lists namespaces of the cluster once a minute, and applies changes', async () => {
  expect(await follow(true, ['a/web', 'b/web', 'b/web'])).toEqual(['b/web'])
})

it('does not list namespaces without a ClusterExternalSecret', async () => {
  expect(await follow(false, ['b/web'])).toEqual([])
})
