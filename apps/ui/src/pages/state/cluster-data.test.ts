import { expect, it } from 'vitest'
import { rows, snapshot, storeRow } from '../testing/fixtures.ts'
import { pushSecretRow } from '../testing/push-fixtures.ts'
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
    pushSecrets: {
      set: [pushSecretRow('web', { failed: 0 }), pushSecretRow('new')],
      removed: ['PushSecret shop/audit'],
    },
    touched: ['other/one'],
    now: '2026-03-18T03:05:00Z',
  })
  expect([...data.resources.value.keys()]).toEqual([first.key, second.key])
  expect(data.resources.value.get(first.key)).toBe(before.get(first.key))
  expect(data.resources.value.get(second.key)?.state).toBe('failing')
  expect(before.size).toBe(3)
  expect(data.stores.value.has('SecretStore new/kms')).toBe(true)
  expect(data.overview.value).toBe(overview)
  expect([...data.pushSecrets.value].map(([id, { failed }]) => [id, failed])).toEqual([
    ['PushSecret shop/web', 0],
    ['PushSecret shop/new', 2],
  ])
  const touched = ['other/one', second.key, third.key, 'never/seen', 'SecretStore new/kms']
  const pushed = ['PushSecret shop/web', 'PushSecret shop/new', 'PushSecret shop/audit']
  expect(data.touched.value).toEqual(new Set([...touched, ...pushed]))
})

it('replaces everything at the next snapshot', () => {
  const data = new ClusterData()
  data.replace(snapshot(30))
  data.replace(snapshot(2, { stores: [], clusterExternalSecrets: [], pushSecrets: [] }))
  const { resources, stores, clusterExternalSecrets, pushSecrets } = data
  const sizes = [resources, stores, clusterExternalSecrets, pushSecrets].map((each) => each.value.size)
  expect(sizes).toEqual([2, 0, 0, 0])
})

it('touches at a snapshot what it has and what has gone since the last one', () => {
  const data = new ClusterData()
  data.replace(snapshot(2, { stores: [storeRow('SecretStore old/kms')], pushSecrets: [pushSecretRow('web')] }))
  const [kept, gone] = rows(2).map(({ key }) => key)
  data.replace(snapshot(1, { stores: [storeRow('SecretStore new/kms')], pushSecrets: [] }))
  expect(data.touched.value).toEqual(
    new Set([kept, gone, 'SecretStore old/kms', 'SecretStore new/kms', 'PushSecret shop/web']),
  )
})
