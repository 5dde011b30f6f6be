import { anyCodePoint } from '@ack-secret-manager/test-support/any-text'
import {
  anything,
  assert,
  base64String,
  constantFrom,
  dictionary,
  json,
  object,
  oneof,
  property,
  record,
  string,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hintMessage, hintsOfMessage } from './hint-message.ts'

const SCOPE = { account: '1234567890123456', region: 'cn-hangzhou' }
const ARN = `acs:kms:${SCOPE.region}:${SCOPE.account}:secret/app/db`
const FOREIGN = 'acs:kms:cn-beijing:1234567890123456:secret/app/db'
const TIME = '2026-01-02T03:04:05.678Z'
const OWN = { source: 'acs.kms', aliyunaccountid: SCOPE.account, aliyunregionid: SCOPE.region, time: TIME }

const call = (data: object, more: object = {}): object => ({
  ...OWN,
  type: 'kms:ActionTrail:ApiCall',
  data: { eventName: 'PutSecretValue', ...data },
  ...more,
})
const rotation = (data: object, more: object = {}): object => ({
  ...OWN,
  type: 'kms:CloudMonitor:Secret[RotateSecret:Success]',
  data: { product: 'KMS', regionId: SCOPE.region, ...data },
  ...more,
})
const hints = (secretName: string): object => ({ hints: [{ secretName, eventMs: Date.parse(TIME) }] })
const reason = (why: string): object => ({ reason: why })

const TABLE: readonly (readonly [what: string, message: unknown, expected: object])[] = [
  ['a rotation, with a blank before the ARN', rotation({ resourceId: ` ${ARN}` }), hints(ARN)],
  ['a rotation with a name only', rotation({ content: { secretName: 'app/db' } }), hints('app/db')],
  [
    'a rotation that failed',
    rotation({ resourceId: ARN }, { type: 'kms:CloudMonitor:Secret[RotateSecret:Failure]' }),
    reason('irrelevant'),
  ],
  ['a rotation of another region', rotation({ resourceId: FOREIGN }), reason('foreign')],
  ['a rotation without a name', rotation({ resourceId: ' ' }), reason('irrelevant')],
  ['a call with parameters', call({ requestParameters: { SecretName: 'app/db' } }), hints('app/db')],
  ['a call with parameters as a text', call({ requestParameterJson: '{"SecretName":"app/db"}' }), hints('app/db')],
  ['a call with resources', call({ referencedResources: { 'ACS::KMS::Secret': ['app/db'] } }), hints('app/db')],
  ['a call with a resource', call({ resourceName: ARN }), hints(ARN)],
  ['parameters before resources', call({ requestParameters: { SecretName: 'a' }, resourceName: 'b' }), hints('a')],
  ['a call in the console', call({ resourceName: 'a' }, { type: 'kms:ActionTrail:ConsoleOperation' }), hints('a')],
  ['a call of a service', call({ resourceName: 'a' }, { type: 'kms:ActionTrail:AliyunServiceEvent' }), hints('a')],
  ['the time of the call', call({ resourceName: 'a', eventTime: TIME }, { time: '2026-01-03T00:00:00Z' }), hints('a')],
  ['a time that is none', call({ resourceName: 'a' }, { time: 'yesterday' }), { hints: [{ secretName: 'a' }] }],
  ['a call that changes no value', call({ eventName: 'TagResource', resourceName: 'a' }), reason('irrelevant')],
  ['a call that failed', call({ resourceName: 'a', errorCode: 'Forbidden.RAM' }), reason('irrelevant')],
  ['a call without a name', call({}), reason('irrelevant')],
  ['a call of another account', call({ resourceName: 'a' }, { aliyunaccountid: '9' }), reason('foreign')],
  ['a call in another region', call({ resourceName: 'a' }, { aliyunregionid: 'cn-beijing' }), reason('foreign')],
  [
    'a call in another region, by its data',
    call({ resourceName: 'a', acsRegion: 'cn-beijing' }, { aliyunregionid: undefined }),
    reason('foreign'),
  ],
  ['an event of another service', { ...OWN, source: 'acs.ecs', type: 'ecs:x', data: {} }, reason('irrelevant')],
  ['another event of KMS', { ...OWN, type: 'kms:Config:x', data: {} }, reason('irrelevant')],
  ['an event without data', { ...OWN, type: 'kms:ActionTrail:ApiCall' }, reason('malformed')],
  ['a name that KMS cannot have', call({ resourceName: 'a b' }), reason('malformed')],
  ['a name that is too long', call({ resourceName: 'a'.repeat(193) }), reason('malformed')],
  ['a name as a number', call({ requestParameters: { SecretName: 7 } }), reason('irrelevant')],
  ['our own message', { secretName: ' app/db ', ...SCOPE, time: TIME }, hints('app/db')],
  ['our own message without a place', { secretName: 'app/db' }, { hints: [{ secretName: 'app/db' }] }],
  ['our own message of another account', { secretName: 'a', account: '9' }, reason('foreign')],
  ['our own message with the ARN of another region', { secretName: FOREIGN }, reason('foreign')],
  ['our own message without a name', { secretName: '' }, reason('malformed')],
  ['inherited fields', '{"__proto__":{"secretName":"a"}}', reason('malformed')],
  [
    'an inherited parameter',
    call({ requestParameters: JSON.parse('{"__proto__":{"SecretName":"a"}}') }),
    reason('irrelevant'),
  ],
  ['a text', 'hello', reason('malformed')],
  ['nothing', '', reason('malformed')],
  ['more than a message can hold', `{"secretName":"a","x":"${'x'.repeat(65_536)}"}`, reason('malformed')],
  ['padding', `${'='.repeat(65_535)}!`, reason('malformed')],
  ['deep nesting', '['.repeat(60_000), reason('malformed')],
]

describe('a message', () => {
  it.each(TABLE)('with %s', (_what, message, expected) => {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    expect(hintsOfMessage(text, SCOPE)).toEqual(expected)
    const base64 = Buffer.from(text).toString('base64')
    // The limit is one of the body, whatever its encoding.
    if (base64.length <= 65_536) expect(hintsOfMessage(base64, SCOPE)).toEqual(expected)
  })

  it('of blanks takes no quadratic time: a batch of them would outlast the Lease', () => {
    for (let count = 0; count < 16; count += 1) {
      expect(hintsOfMessage(`${' '.repeat(65_535)}!`, SCOPE)).toEqual(reason('malformed'))
      expect(hintsOfMessage(`a${'\n'.repeat(65_534)}!`, SCOPE)).toEqual(reason('malformed'))
    }
  })

  it('names at most 20 secrets', () => {
    const names = Array.from({ length: 30 }, (_, at) => `db-${at}`)
    const text = JSON.stringify(call({ referencedResources: { 'ACS::KMS::Secret': names } }))
    expect(hintsOfMessage(text, SCOPE).hints?.map(({ secretName }) => secretName)).toEqual(names.slice(0, 20))
  })

  it('of a program is what the source reads', () => {
    const text = hintMessage({ secretName: 'app/db', ...SCOPE }, Date.parse(TIME))
    expect(hintsOfMessage(text, SCOPE)).toEqual(hints('app/db'))
  })

  it('never throws, and only gives names that KMS can have', () => {
    const value = oneof(
      anything(),
      string(),
      constantFrom('acs.kms', 'PutSecretValue', ARN, FOREIGN, 'kms:ActionTrail:ApiCall'),
    )
    const event = record(
      {
        source: value,
        type: value,
        data: oneof(value, dictionary(string(), value), object()),
        time: value,
        secretName: value,
      },
      { requiredKeys: [] },
    ).map((each) => JSON.stringify(each, (_key, field: unknown) => (typeof field === 'bigint' ? String(field) : field)))
    assert(
      property(oneof(string({ unit: anyCodePoint }), base64String(), json(), event), (text) => {
        const found = hintsOfMessage(text, SCOPE)
        for (const { secretName } of found.hints ?? []) expect(secretName).toMatch(/^[A-Za-z0-9_/+=.\-@:]{1,250}$/)
        expect(found.hints === undefined).toBe(['foreign', 'irrelevant', 'malformed'].includes(found.reason ?? ''))
      }),
    )
  })
})
