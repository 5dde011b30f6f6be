import { expect, it } from 'vitest'
import { forbiddenText } from './forbidden-text.ts'

const PODS = Array.from({ length: 14 }, (_, index) => `Secret prod/s${String(index).padStart(2, '0')}`)

it.each([
  [['ClusterSecretStores'], 'ClusterSecretStores'],
  [
    ['Pods in namespace prod', 'ClusterSecretStores', 'Jobs in namespace prod', 'Pods in all namespaces'],
    'ClusterSecretStores; in all namespaces: Pods; in namespace prod: Jobs, Pods',
  ],
  [PODS, `${PODS.slice(0, 12).join(', ')} and 2 more`],
])('%j', (objects, text) => {
  expect(forbiddenText(objects)).toBe(`not shown, because you may not read it: ${text}`)
})
