import { expect, it } from 'vitest'
import { inNamespace, requestInfo } from './request-info.ts'

it.each([
  ['GET', '/api/v1/namespaces/app/secrets/db', 'get secrets', 'app', 'db'],
  ['GET', '/api/v1/namespaces/app/secrets', 'list secrets', 'app', undefined],
  ['GET', '/api/v1/secrets', 'list secrets', undefined, undefined],
  ['GET', '/api/v1/namespaces', 'list namespaces', undefined, undefined],
  ['GET', '/api/v1/namespaces/app', 'get namespaces', undefined, 'app'],
  ['PATCH', '/api/v1/namespaces/app/status', 'patch namespaces/status', undefined, 'app'],
  [
    'POST',
    '/apis/alibabacloud.com/v1alpha1/namespaces/app/externalsecrets',
    'create externalsecrets',
    'app',
    undefined,
  ],
  [
    'PATCH',
    '/apis/alibabacloud.com/v1alpha1/namespaces/app/externalsecrets/x/status',
    'patch externalsecrets/status',
    'app',
    'x',
  ],
  ['GET', '/apis/alibabacloud.com/v1alpha1/clustersecretstores/main', 'get clustersecretstores', undefined, 'main'],
  ['PUT', '/apis/coordination.k8s.io/v1/namespaces/ops/leases/l', 'update leases', 'ops', 'l'],
  ['DELETE', '/api/v1/namespaces/app/secrets/db', 'delete secrets', 'app', 'db'],
  ['DELETE', '/api/v1/namespaces/app/secrets', 'deletecollection secrets', 'app', undefined],
  ['GET', '/version', 'get version', undefined, undefined],
  [
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    'create selfsubjectaccessreviews',
    undefined,
    undefined,
  ],
] as const)('%s %s', (method, path, what, namespace, name) => {
  const info = requestInfo(method, path)
  expect([`${info.verb} ${info.resource}`, info.namespace, info.name]).toEqual([what, namespace, name])
})

it('distinguishes a watch from a list', () => {
  expect(requestInfo('GET', '/api/v1/secrets', true).verb).toBe('watch')
})

it('returns the path of a collection in a namespace', () => {
  expect(inNamespace('/apis/g/v1/things', 'app')).toBe('/apis/g/v1/namespaces/app/things')
  expect(inNamespace('/api/v1/secrets', 'app')).toBe('/api/v1/namespaces/app/secrets')
})
