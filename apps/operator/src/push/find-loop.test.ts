import { type ExternalSecretResource, parseExternalSecret } from '@ack-secret-manager/resources'
import { expect, it } from 'vitest'
import { findLoop, readsInto } from './find-loop.ts'

function resourceOf(spec: object): ExternalSecretResource {
  const metadata = { name: 'web', namespace: 'shop' }
  const parsed = parseExternalSecret({
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'ExternalSecret',
    metadata,
    spec,
  })
  if (!parsed.ok) throw parsed.error
  return parsed.resource
}

const HERE = 'kms/cn-hangzhou/1234567890123456'

it.each<[rule: string, key: string, readDomain: string, writeDomain: string, isLoop: boolean]>([
  ['the same secret', 'shop/db', HERE, HERE, true],
  ['the same secret by its ARN', 'acs:kms:cn-hangzhou:1234567890123456:secret/shop/db', HERE, HERE, true],
  [
    'its ARN, read with an identity of another account',
    'acs:kms:cn-hangzhou:1234567890123456:secret/shop/db',
    'kms/cn-hangzhou/6543210987654321',
    HERE,
    true,
  ],
  [
    'the ARN of another account, read with an identity of the same account',
    'acs:kms:cn-hangzhou:6543210987654321:secret/shop/db',
    HERE,
    HERE,
    false,
  ],
  [
    'an ARN of another account at an instance',
    'acs:kms:cn-hangzhou:6543210987654321:secret/shop/db',
    'kms-instance/kst-1',
    HERE,
    true,
  ],
  ['another name', 'shop/other', HERE, HERE, false],
  ['another region', 'shop/db', 'kms/cn-beijing/1234567890123456', HERE, false],
  ['another account', 'shop/db', 'kms/cn-hangzhou/6543210987654321', HERE, false],
  ['an account that the store does not tell', 'shop/db', 'kms/cn-hangzhou/access-key reader', HERE, true],
  [
    'two stores that do not tell their account',
    'shop/db',
    'kms/cn-hangzhou/operator',
    'kms/cn-hangzhou/worker-role',
    true,
  ],
  ['an instance, which may be in the account', 'shop/db', 'kms-instance/kst-1', HERE, true],
  ['another service', 'shop/db', 'oos/cn-hangzhou/1234567890123456', HERE, false],
  ['a backend package', 'shop/db', 'plugin/x/0a', HERE, false],
])('%s', (_rule, key, readDomain, writeDomain, isLoop) => {
  const [{ isOf, arnDomain } = { isOf: () => false }] = readsInto('web', resourceOf({ data: [{ key, name: 'k' }] }))
  const read = { externalSecret: 'web', isOf, domain: readDomain, arnDomain }
  expect(findLoop({ name: 'shop/db', domain: writeDomain }, [read])).toEqual(isLoop ? read : undefined)
})

it.each<[rule: string, find: object, isLoop: boolean]>([
  ['its path', { path: 'shop' }, true],
  ['another path', { path: 'sho' }, false],
  ['its prefix', { name: { prefix: 'shop/d' } }, true],
  ['its regular expression', { name: { regexp: 'db$' } }, true],
  ['another regular expression', { name: { regexp: '^db' } }, false],
  ['tags, which the push may set', { tags: { team: 'web' } }, true],
  ['an invalid regular expression', { name: { regexp: '(' } }, true],
])('finds a pushed secret by %s', (_rule, find, isLoop) => {
  const [{ isOf } = { isOf: () => false }] = readsInto('web', resourceOf({ dataFrom: [{ find }] }))
  const read = { externalSecret: 'web', isOf, domain: HERE }
  expect(findLoop({ name: 'shop/db', domain: HERE }, [read])).toEqual(isLoop ? read : undefined)
})

it('checks all reads of the ExternalSecrets that write the Secret, and no others', () => {
  const spec = { data: [{ key: 'a' }], dataProcess: [{ extract: { key: 'b/c' } }] }
  const readOf = (secret: string, of: object): string[] =>
    ['a', 'b/c', 'd'].filter((name) => readsInto(secret, resourceOf(of)).some(({ isOf }) => isOf(name)))
  expect(readOf('web', spec)).toEqual(['a', 'b/c'])
  expect(readOf('web', { ...spec, target: { name: 'other' } })).toEqual([])
  expect(readOf('other', { ...spec, target: { name: 'other' } })).toEqual(['a', 'b/c'])
})
