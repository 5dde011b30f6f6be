import type { BackendTarget } from '@ack-secret-manager/core'
import { staticProvider } from '@ack-secret-manager/testkit'
import { expect, it } from 'vitest'
import { kmsInstanceDriver } from './kms-instance-driver.ts'

const provider = staticProvider('LTAI5tDemo', 'secret')

function trustOf(change: Partial<Pick<BackendTarget, 'ca' | 'ignoreSSL' | 'region'>> = {}): string | undefined {
  return kmsInstanceDriver.trustKey?.({ region: 'cn-hangzhou', endpoint: 'kst-a', provider, ...change })
}

it.each([
  ['ignoreSSL', { ignoreSSL: true }, {}],
  ['ignoreSSL and the same CA', { ignoreSSL: true, ca: 'one' }, { ca: 'one' }],
  ['a CA', { ca: 'one' }, {}],
  ['another CA', { ca: 'one' }, { ca: 'two' }],
  ['the CA of another region', { region: 'cn-beijing' }, {}],
])('trusts other certificates with %s', (_what, one, other) => {
  expect(trustOf(one)).toEqual(expect.any(String))
  expect(trustOf(one)).not.toBe(trustOf(other))
})

it.each([
  ['verifies certificates by default', { ignoreSSL: false }, {}],
  ['trusts the same CA in every region', { ca: 'one', region: 'cn-beijing' }, { ca: 'one' }],
])('%s', (_what, one, other) => expect(trustOf(one)).toBe(trustOf(other)))
