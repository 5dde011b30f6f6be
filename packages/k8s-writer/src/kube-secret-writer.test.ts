import { contentDigester } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
import { KubeSecretWriter } from './kube-secret-writer.ts'

it.each([
  ['timeoutMs', Number.NaN, 1],
  ['timeoutMs', 0, 1],
  ['pageSize', -1, 1],
  ['pageSize', 1.5, 1],
  ['metadataBudgetBytes', Number.NaN, 0],
  ['metadataBudgetBytes', -1, 0],
])('refuses the limit %s %d', (limit, value, least) => {
  const options = { client: {} as KubeClient, digester: contentDigester(), [limit]: value }
  expect(() => new KubeSecretWriter(options)).toThrow(
    new RangeError(`${limit}: expected a whole number ≥ ${least}, got ${value}`),
  )
})
