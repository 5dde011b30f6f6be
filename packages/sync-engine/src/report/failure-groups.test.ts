import { defined, type ErrorCode, type ReadyReason, SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { describeGroup, type ExplainedFailure, groupFailures } from './failure-groups.ts'
import { readinessOf, requestIdsOf } from './ready-condition.ts'
import type { SyncedOutcome } from './sync-outcome.ts'

const failure = (secret: string, more: { text?: string; requestId?: string; code?: ErrorCode } = {}) => {
  const { text = `KMS secret ${JSON.stringify(secret)} at kms.example: no such secret or version`, requestId } = more
  const facts = defined({ requestId })
  const error = new SecretSyncError(more.code ?? 'NotFound', text, { facts })
  return { field: 'spec.data[0]', secret, error, keys: [secret], stale: false }
}
const explained = (one: ReturnType<typeof failure>, reason: ReadyReason = 'SecretNotFound'): ExplainedFailure => ({
  ...one,
  reason,
})
const missing = Array.from({ length: 30 }, (_, index) =>
  failure(`shop/missing-${index + 1}`, { requestId: `r${index}` }),
)
const outcome = (failures: SyncedOutcome['failures']): SyncedOutcome => ({
  kind: 'synced',
  action: 'wait',
  adopted: false,
  corrected: false,
  removed: [],
  sources: [],
  failures,
  target: { name: 'web', uid: undefined, keys: new Map(), drifted: [] },
})

describe('a message about many secrets', () => {
  it('names the cause once, the count, and some of the secrets', () => {
    expect(readinessOf(outcome(missing)).message).toBe(
      '30 of 30 secrets: SecretNotFound: KMS secret at kms.example: no such secret or version: ' +
        '"shop/missing-1", "shop/missing-2", "shop/missing-3" and 27 more (nothing is written until all keys can be read)',
    )
  })

  it('has one request id for each cause', () => {
    const denied = failure('shop/denied', { code: 'AccessDenied', requestId: 'd0' })
    expect(requestIdsOf(outcome([...missing, denied]))).toEqual(['r0', 'd0'])
  })

  it.each<[string, readonly ExplainedFailure[], readonly string[]]>([
    [
      'names a secret once if its text contains the name',
      [explained(failure('a'))],
      ['SecretNotFound: KMS secret "a" at kms.example: no such secret or version'],
    ],
    [
      'names a secret if its text does not',
      [explained(failure('a', { text: 'SecretStore kms: not found' }), 'StoreNotFound')],
      ['StoreNotFound: "a": SecretStore kms: not found'],
    ],
    [
      'names a find once if its text begins with the field',
      [explained(failure('spec.dataFrom[0].find', { text: 'spec.dataFrom[0].find: 3 secrets match' }), 'TooLarge')],
      ['TooLarge: spec.dataFrom[0].find: 3 secrets match'],
    ],
    [
      'names a secret once if two keys need it',
      [explained(failure('a')), explained(failure('a'))],
      ['SecretNotFound: KMS secret "a" at kms.example: no such secret or version'],
    ],
    [
      'keeps different reasons and texts apart',
      [
        explained(failure('a')),
        explained(failure('b'), 'Stale'),
        explained(failure('c', { text: 'KMS secret "c" at other.example: no such secret or version' })),
        explained(failure('d')),
      ],
      [
        '2 of 9 secrets: SecretNotFound: KMS secret at kms.example: no such secret or version: "a", "d"',
        'Stale: KMS secret "b" at kms.example: no such secret or version',
        'SecretNotFound: KMS secret "c" at other.example: no such secret or version',
      ],
    ],
    [
      'escapes control characters',
      [explained(failure('a\n\u001B[31m', { text: 'no such store' }), 'StoreNotFound')],
      ['StoreNotFound: "a\\n\\u001b[31m": no such store'],
    ],
  ])('%s', (_rule, failures, lines) => {
    expect(groupFailures(failures).map((group) => describeGroup(group, 9))).toEqual(lines)
  })
})
