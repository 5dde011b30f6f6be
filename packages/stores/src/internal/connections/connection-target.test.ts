import type { BackendTarget, EndpointDriver } from '@ack-secret-manager/core'
import { staticProvider } from '@ack-secret-manager/testkit'
import { expect, it } from 'vitest'
import { endpointTarget } from './connection-target.ts'

const provider = staticProvider('LTAI5tDemo', 'secret')
const driver: EndpointDriver = {
  kind: 'kms-instance',
  provider: 'kms',
  allowedEndpoints: [],
  connect: () => {
    throw new Error('not connected')
  },
}

function keyOf(change: Partial<Pick<BackendTarget, 'ca' | 'ignoreSSL' | 'region'>> = {}): string {
  return endpointTarget(driver, { region: 'cn-hangzhou', endpoint: 'kst-a', provider, ...change }).key
}

it.each([
  ['ignoreSSL', { ignoreSSL: true }, {}],
  ['ignoreSSL and the same CA', { ignoreSSL: true, ca: 'one' }, { ca: 'one' }],
  ['a CA', { ca: 'one' }, {}],
  ['another CA', { ca: 'one' }, { ca: 'two' }],
  ['the CA of another region', { region: 'cn-beijing' }, {}],
])('separates connections that trust other certificates, for any driver: %s', (_what, one, other) => {
  expect(keyOf(one)).not.toBe(keyOf(other))
})

it.each([
  ['that verify certificates by default', { ignoreSSL: false }, {}],
  ['with the same CA in every region', { ca: 'one', region: 'cn-beijing' }, { ca: 'one' }],
])('shares connections %s', (_what, one, other) => expect(keyOf(one)).toBe(keyOf(other)))
