import { type OwnerRecord, SecretSyncError } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { recordOf } from '../testing/fixtures.ts'
import { extractFound, type ExtractFoundInput } from './extract-found.ts'

const field = 'spec.dataFrom[0].find'
const FORMER: NonNullable<OwnerRecord['found']> = new Map([['former', ['app/a']]])
const failing = { error: new SecretSyncError('AccessDenied', 'no list'), stale: false }
const inputOf = (find: Partial<ExtractFoundInput['finds'][number]>): ExtractFoundInput => ({
  finds: [{ id: 'now', field, problem: undefined, isEstablished: false, isComplete: true, ...find }],
  readings: [],
  named: new Map(),
  failures: [],
  record: recordOf({}, { found: FORMER }),
  confirmAbsence: true,
  refuseAll: undefined,
})

it.each<[string, Partial<ExtractFoundInput['finds'][number]>, readonly string[], number, number]>([
  [
    'an edited find without a complete list keeps the names of the former one',
    { problem: failing, isComplete: false },
    ['former'],
    1,
    0,
  ],
  ['a complete list ends them', {}, ['now'], 0, 0],
  [
    'a list that fails later refuses additions and nothing else',
    { problem: failing, isEstablished: true, isComplete: false },
    ['now'],
    0,
    1,
  ],
])('%s', (_rule, find, ids, failures, refused) => {
  const result = extractFound(inputOf(find))
  expect([[...result.found.keys()], result.failures.length, result.refused.length]).toEqual([ids, failures, refused])
})
