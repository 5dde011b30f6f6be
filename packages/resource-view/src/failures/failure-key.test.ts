import { describe, expect, it } from 'vitest'
import { labelOf } from '../resource-objects.ts'
import { type StoreState, storeState } from '../store-state.ts'
import { causeOf } from './failure-cause.ts'
import { failureKeyOf, withoutOwnNames } from './failure-key.ts'

interface Case {
  readonly reason: string
  readonly message: string
  readonly namespace?: string
  readonly endpoint?: string
  readonly principal?: string
}

/** An ExternalSecret that fails through the SecretStore `kms` of its namespace. */
function keyOfCase({ reason, message, namespace = 'prod', endpoint, principal }: Case): string {
  const identity = principal === undefined ? {} : { identity: { principal } }
  const object = {
    metadata: { namespace, name: 'kms' },
    status: { conditions: [], ...(endpoint === undefined ? {} : { endpoint }), ...identity },
  }
  const store: StoreState = storeState('SecretStore', object)
  return failureKeyOf(
    { reason, message, namespace, secret: `web-${namespace}`, stores: [store] },
    new Map([[labelOf(store), store]]),
  )
}

const down = (name: string, host = 'kms.example'): Case => ({
  reason: 'Stale',
  message: `Stale: KMS secret "${name}" at ${host}: unavailable (HTTP 503) (last values kept)`,
})
const denied = (who: string): Case => ({
  reason: 'AccessDenied',
  message: `AccessDenied: KMS secret "a" at kms.example: ${who}: no RAM policy allows it`,
})
const missing = (what: string): Case => ({ reason: 'StoreNotFound', message: `${what} does not exist` })
const silent = (time: string): Case => ({
  reason: 'Unavailable',
  message: `Unavailable: KMS secret "a" at kms.example: not asked, has not responded since ${time}`,
})

it.each<[rule: string, one: Case, other: Case, isSame: boolean]>([
  ['another namespace', down('a'), { ...down('b'), namespace: 'dev' }, true],
  ['another host', down('a'), down('a', 'kms.other'), false],
  ['a host that differs in a number', down('a', 'kms-1.example'), down('a', 'kms-2.example'), false],
  ['a port', down('a', '127.0.0.1:8443'), down('a', '127.0.0.1:9443'), false],
  ['another endpoint of the store', { ...down('a'), endpoint: 'x' }, { ...down('a'), endpoint: 'y' }, false],
  ['another reason', down('a'), { ...down('a'), reason: 'Unavailable' }, false],
  ['an outage, whatever the identity', { ...down('a'), principal: 'x' }, { ...down('a'), principal: 'y' }, true],
  ['another time', silent('2026-11-29T03:12:05Z'), silent('2026-11-28T13:00:00Z'), true],
  ['another identity in the message', denied('AccessKey LTAI1 may not'), denied('AccessKey LTAI2 may not'), false],
  [
    'another identity of the store',
    { ...denied('the identity'), principal: 'x' },
    { ...denied('the identity'), principal: 'y' },
    false,
  ],
  [
    'an account in an ARN',
    denied('acs:ram::1111111111111111:role/x'),
    denied('acs:ram::2222222222222222:role/x'),
    false,
  ],
  [
    'the own namespace in the name of an object',
    missing('SecretStore prod/kms'),
    { ...missing('SecretStore dev/kms'), namespace: 'dev' },
    true,
  ],
  ['another namespace in the name of an object', missing('SecretStore ops/a'), missing('SecretStore ops2/a'), false],
  ['another name of an object', missing('SecretStore prod/kms'), missing('SecretStore prod/other'), false],
  [
    'the own Secret',
    { reason: 'TargetConflict', message: 'Secret prod/web-prod is not changed' },
    { reason: 'TargetConflict', message: 'Secret dev/web-dev is not changed', namespace: 'dev' },
    true,
  ],
  ['another Secret', missing('Secret prod/key-a'), missing('Secret prod/key-b'), false],
  [
    'another KMS secret that is denied',
    denied('AccessKey LTAI1 may not call kms:GetSecretValue on secret/a'),
    denied('AccessKey LTAI1 may not call kms:GetSecretValue on acs:kms:cn-hangzhou:1:secret/b'),
    true,
  ],
  [
    'another KMS secret in front',
    { reason: 'StoreNotFound', message: 'StoreNotFound: "a": SecretStore prod/x does not exist' },
    { reason: 'StoreNotFound', message: 'StoreNotFound: "b", "c" and 3 more: SecretStore prod/x does not exist' },
    true,
  ],
  [
    'another KMS secret that a store does not allow',
    {
      reason: 'StoreNotAllowed',
      message: '"a": SecretStore prod/x does not allow namespace prod to read "a"; spec.allow',
    },
    {
      reason: 'StoreNotAllowed',
      message: '"b": SecretStore dev/x does not allow namespace dev to read "b"; spec.allow',
      namespace: 'dev',
    },
    true,
  ],
  [
    'a line and a duration',
    { reason: 'TemplateError', message: 'line 3:14: not finished within 10s' },
    { reason: 'TemplateError', message: 'line 12:1: not finished within 250s' },
    true,
  ],
  [
    'the position of an entry',
    { reason: 'InvalidSpec', message: 'spec.data[0].name: expected a key' },
    { reason: 'InvalidSpec', message: 'spec.data[11].name: expected a key' },
    true,
  ],
])('%s: one cause or two', (_rule, one, other, isSame) => {
  expect(keyOfCase(one) === keyOfCase(other)).toBe(isSame)
})

// A user who may write a status can write any reason, message and name of a Secret.
describe('a forged status', () => {
  it.each(['(', '[', 'a{2', '\\', '*'])('is a cause of its own: reason %s', (reason) => {
    const message = `${reason}: not synced`
    expect(keyOfCase({ reason, message })).toBe(keyOfCase({ reason, message, namespace: 'dev' }))
    expect(keyOfCase({ reason, message })).not.toBe(keyOfCase({ reason: 'Stale', message }))
  })

  it.each(['(', 'a|b', '$', '.*'])('names its own Secret only: %s', (secret) => {
    const own = { namespace: 'prod', stores: [], secret }
    expect(withoutOwnNames(`Secret prod/${secret} exists`, own)).toBe('Secret NAMESPACE/NAME exists')
    expect(withoutOwnNames('Secret prod/other exists', own)).toBe('Secret NAMESPACE/other exists')
  })

  // In time linear in the message: with a backtracking pattern these rows do not end.
  it.each<[what: string, reason: string, message: string]>([
    ['a reason that is a pattern', '(\\w+)+$', `${'a'.repeat(60)}!`],
    ['a word of 32,768 letters', 'Stale', 'a'.repeat(32_768)],
    ['many calls', 'Stale', ' kms:a on '.repeat(3_000)],
    ['many quotation marks', 'Stale', ': "a", "b\\'.repeat(3_000)],
  ])('takes no long time: %s', (_what, reason, message) => {
    expect(causeOf(reason, message).length).toBeLessThanOrEqual(200)
  })
})
