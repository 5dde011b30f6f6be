import { Sensitive } from '@ack-secret-manager/core'
import { canary } from '@ack-secret-manager/test-support/canary'
import { expect, it } from 'vitest'
import { pushedValue } from './pushed-value.ts'

const VALUE = canary('pushed')
const data = (values: Readonly<Record<string, string | Uint8Array>>) =>
  new Map(
    Object.entries(values).map(([key, value]) => [
      key,
      new Sensitive<Uint8Array>(typeof value === 'string' ? new TextEncoder().encode(value) : value),
    ]),
  )
const BINARY = new Uint8Array([0xff, 0x00])
const all = { name: 'web', keys: [] }

it.each<
  [
    rule: string,
    secretKey: string | undefined,
    keys: string[],
    secret: Record<string, string | Uint8Array>,
    value: unknown,
  ]
>([
  ['is the text of one key', 'b', [], { a: '1', b: 'zwei ü' }, 'zwei ü'],
  ['keeps a byte order mark', 'a', [], { a: '\uFEFFx' }, '\uFEFFx'],
  ['is the bytes of a key that is no text', 'a', [], { a: BINARY }, BINARY],
  ['is all keys as JSON, sorted', undefined, [], { b: '2', a: '"1"' }, '{"a":"\\"1\\"","b":"2"}'],
  ['is the selected keys as JSON', undefined, ['c', 'a', 'a'], { a: '1', b: '2', c: '3' }, '{"a":"1","c":"3"}'],
  ['has members of any name', undefined, [], { constructor: '2', toString: '3' }, '{"constructor":"2","toString":"3"}'],
  ['leaves out what is not selected and no text', undefined, ['a'], { a: '1', b: BINARY }, '{"a":"1"}'],
  ['has an empty member', undefined, [], { a: '' }, '{"a":""}'],
])('a value %s', (_rule, secretKey, keys, secret, value) =>
  expect(
    pushedValue(secretKey === undefined ? {} : { secretKey }, { name: 'web', keys }, data(secret)).expose(),
  ).toEqual(value),
)

it.each<
  [
    rule: string,
    secretKey: string | undefined,
    keys: string[],
    secret: Record<string, string | Uint8Array>,
    code: string,
    message: string,
  ]
>([
  [
    'of a key that is absent',
    'c',
    [],
    { a: VALUE },
    'NotFound',
    'Secret web has no key c; KMS keeps its values until the key exists',
  ],
  [
    'of a selected key that is absent',
    undefined,
    ['c'],
    { a: VALUE },
    'NotFound',
    'Secret web has no key c; KMS keeps its values until the key exists',
  ],
  [
    'of a key that is not selected',
    'a',
    ['b'],
    { a: VALUE, b: VALUE },
    'InvalidSpec',
    'spec.selector.keys: lacks a, the secretKey of an entry',
  ],
  ['of an empty key', 'a', [], { a: '' }, 'NoData', 'Secret web: key a is empty, and KMS stores no empty value'],
  ['of an empty Secret', undefined, [], {}, 'NoData', 'Secret web has no keys, so there is nothing to push'],
  [
    'as JSON of a key that is no text',
    undefined,
    [],
    { a: VALUE, b: BINARY },
    'NotADocument',
    'Secret web: key b is not UTF-8 text, as JSON requires; push it alone with secretKey, or leave it out with selector.keys',
  ],
])('there is no value %s', (_rule, secretKey, keys, secret, code, message) =>
  expect(() => pushedValue(secretKey === undefined ? {} : { secretKey }, { ...all, keys }, data(secret))).toThrow(
    expect.objectContaining({ code, message }),
  ),
)
