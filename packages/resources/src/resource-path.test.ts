import { expect, test } from 'vitest'
import { resourcePath, resourcesPath } from './index.ts'

test.each([
  ['all namespaces', resourcesPath('PushSecret'), '/apis/alibabacloud.com/v1alpha1/pushsecrets'],
  ['one namespace', resourcesPath('PushSecret', 'shop'), '/apis/alibabacloud.com/v1alpha1/namespaces/shop/pushsecrets'],
  [
    'one resource',
    resourcePath('ExternalSecret', 'shop', 'web'),
    '/apis/alibabacloud.com/v1alpha1/namespaces/shop/externalsecrets/web',
  ],
  [
    'a cluster-scoped kind has no namespace',
    resourcePath('ClusterSecretStore', 'shop', 'kms'),
    '/apis/alibabacloud.com/v1alpha1/clustersecretstores/kms',
  ],
  [
    'a hostile name stays one segment',
    resourcePath('SecretStore', 'shop', '../x?y'),
    '/apis/alibabacloud.com/v1alpha1/namespaces/shop/secretstores/..%2Fx%3Fy',
  ],
])('%s', (_, path, expected) => {
  expect(path).toBe(expected)
})
