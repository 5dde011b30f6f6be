import { parseExternalSecret } from '@ack-secret-manager/resources'
import { expect, it } from 'vitest'
import { findLoop, readsInto } from './find-loop.ts'

const HERE = 'kms/cn-hangzhou/1234567890123456'

it.each<[rule: string, key: string, readDomain: string, writeDomain: string, isLoop: boolean]>([
  ['the same secret', 'shop/db', HERE, HERE, true],
  ['the same secret by its ARN', 'acs:kms:cn-hangzhou:1234567890123456:secret/shop/db', HERE, HERE, true],
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
  const read = { externalSecret: 'web', key, domain: readDomain }
  expect(findLoop({ name: 'shop/db', domain: writeDomain }, [read])).toEqual(isLoop ? read : undefined)
})

it('looks at all reads of the ExternalSecret that writes the Secret, and at no other one', () => {
  const parse = (spec: object) => {
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
  const spec = { data: [{ key: 'a' }], dataProcess: [{ extract: { key: 'b/c' } }] }
  const keysOf = (secret: string, of: object): string[] => readsInto(secret, parse(of)).map(({ key }) => key)
  expect(keysOf('web', spec)).toEqual(['a', 'b/c'])
  expect(keysOf('web', { ...spec, target: { name: 'other' } })).toEqual([])
  expect(keysOf('other', { ...spec, target: { name: 'other' } })).toEqual(['a', 'b/c'])
})
