import { expect, it } from 'vitest'
import type { Delta, Snapshot } from '../../model/views/wire.ts'
import { ClusterData } from '../../pages/state/cluster-data.ts'
import { snapshot } from '../../pages/testing/fixtures.ts'
import { pushSecretRow } from '../../pages/testing/push-fixtures.ts'
import { snapshotParts } from './snapshot-parts.ts'

it.each([
  [0, 0, 1],
  [9, 9, 1],
  [10, 10, 1],
  [11, 0, 2],
  [25, 11, 4],
  [3, 31, 4],
])('of %i resources and %i PushSecrets is %i parts, which lead a page to the same', (rows, pushed, count) => {
  const pushSecrets = Array.from({ length: pushed }, (_, index) => pushSecretRow(`p${index}`))
  const whole = snapshot(rows, { pushSecrets })
  const parts = [...snapshotParts(whole, 10)]
  expect(parts.map(({ event }) => event)).toEqual(['snapshot', 'delta', 'delta', 'delta'].slice(0, count))
  const [data, expected] = [new ClusterData(), new ClusterData()]
  for (const part of parts) {
    const { resources, pushSecrets: some } = part.data as Partial<Snapshot & Delta>
    for (const sent of [resources, some]) {
      const sentRows = sent === undefined ? [] : 'set' in sent ? sent.set : sent
      expect(sentRows.length).toBeLessThanOrEqual(10)
    }
    if (part.event === 'snapshot') data.replace(part.data as Snapshot)
    else data.apply(part.data as Delta)
  }
  expected.replace(whole)
  expect([...data.resources.value]).toEqual([...expected.resources.value])
  expect([...data.pushSecrets.value]).toEqual([...expected.pushSecrets.value])
  expect(data.overview.value).toEqual(whole.overview)
})
