import { expect, it } from 'vitest'
import type { Delta, Snapshot } from '../../model/views/wire.ts'
import { ClusterData } from '../../pages/state/cluster-data.ts'
import { snapshot } from '../../pages/testing/fixtures.ts'
import { snapshotParts } from './snapshot-parts.ts'

it.each([
  [0, 1],
  [9, 1],
  [10, 1],
  [11, 2],
  [25, 3],
])('of %i rows is %i parts, which lead a page to the same', (rows, count) => {
  const whole = snapshot(rows)
  const parts = [...snapshotParts(whole, 10)]
  expect(parts.map(({ event }) => event)).toEqual(['snapshot', 'delta', 'delta'].slice(0, count))
  const [data, expected] = [new ClusterData(), new ClusterData()]
  for (const part of parts) {
    if (part.event === 'snapshot') data.replace(part.data as Snapshot)
    else data.apply(part.data as Delta)
  }
  expected.replace(whole)
  expect([...data.resources.value]).toEqual([...expected.resources.value])
  expect(data.overview.value).toEqual(whole.overview)
})
