import { expect, it } from 'vitest'
import { rows, snapshot, storeRow } from '../testing/fixtures.ts'
import { ClusterData } from './cluster-data.ts'

it('applies a delta to the rows of the snapshot, and keeps what did not change', () => {
  const data = new ClusterData()
  data.replace(snapshot(3))
  const [first, second, third] = rows(3)
  if (!first || !second || !third) throw new Error('no rows')
  const before = data.resources.value
  const { overview } = { overview: data.overview.value }
  data.apply({
    resources: { set: [{ ...second, state: 'failing' }], removed: [third.key, 'never/seen'] },
    stores: { set: [storeRow('SecretStore new/kms')], removed: [] },
    touched: ['other/one'],
    now: '2026-03-18T03:05:00Z',
  })
  expect([...data.resources.value.keys()]).toEqual([first.key, second.key])
  expect(data.resources.value.get(first.key)).toBe(before.get(first.key))
  expect(data.resources.value.get(second.key)?.state).toBe('failing')
  expect(before.size).toBe(3)
  expect(data.stores.value.has('SecretStore new/kms')).toBe(true)
  expect(data.overview.value).toBe(overview)
  expect(data.touched.value).toEqual(new Set(['other/one', second.key, third.key, 'never/seen', 'SecretStore new/kms']))
})

it('replaces everything at the next snapshot', () => {
  const data = new ClusterData()
  data.replace(snapshot(30))
  data.replace(snapshot(2, { stores: [], clusterExternalSecrets: [] }))
  expect([data.resources.value.size, data.stores.value.size, data.clusterExternalSecrets.value.size]).toEqual([2, 0, 0])
})

it('touches at a snapshot what it has and what has gone since the last one', () => {
  const data = new ClusterData()
  data.replace(snapshot(2, { stores: [storeRow('SecretStore old/kms')] }))
  const [kept, gone] = rows(2).map(({ key }) => key)
  data.replace(snapshot(1, { stores: [storeRow('SecretStore new/kms')] }))
  expect(data.touched.value).toEqual(new Set([kept, gone, 'SecretStore old/kms', 'SecretStore new/kms']))
})
