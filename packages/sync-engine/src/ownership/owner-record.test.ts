import { type OwnerRecord, recordMetadata } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { desiredOf, POLICY, recordOf } from '../testing/fixtures.ts'
import { nextRecord, sameFound, sameRecord } from './owner-record.ts'

const ab = recordOf({ a: '1', b: '2' })
const metadata = recordMetadata(new Map([['labels/app', 'web']]))
const foundOf = (names: Record<string, readonly string[]>): NonNullable<OwnerRecord['found']> =>
  new Map(Object.entries(names))
/** The record with another key `b`. */
const withB = (more: Partial<{ secret: string; versionId: string; digest: string }>): OwnerRecord => {
  const keys = new Map(ab.keys)
  const b = keys.get('b')
  if (b === undefined) throw new Error('no key b')
  return { ...ab, keys: keys.set('b', { ...b, ...more }) }
}

it.each<[what: string, other: OwnerRecord, isSame: boolean]>([
  ['nothing', recordOf({ b: '2', a: '1' }), true],
  ['the digest key', { ...ab, digestKeyId: 'new' }, true],
  ['a pending restart', { ...ab, restartDue: 'uid/7' }, true],
  ['a digest', withB({ digest: 'other' }), true],
  ['the creation', { ...ab, creation: 'merge' }, false],
  ['the deletion', { ...ab, deletion: 'retain' }, false],
  ['a further key', recordOf({ a: '1', b: '2', c: '3' }), false],
  ['another key', recordOf({ a: '1', c: '2' }), false],
  ['the secret of a key', withB({ secret: 'app/other' }), false],
  ['the version of a key', withB({ versionId: 'v2' }), false],
  ['labels', { ...ab, ...(metadata && { metadata }) }, false],
  ['immutability', { ...ab, immutable: true }, false],
  ['found secrets', { ...ab, found: foundOf({ kms: ['a'] }) }, false],
])('a record that differs in %s', (_what, other, isSame) => {
  expect([sameRecord(ab, other), sameRecord(other, ab)]).toEqual([isSame, isSame])
})

it.each<[what: string, one: OwnerRecord['found'], other: OwnerRecord['found'], isSame: boolean]>([
  ['none and an empty list', undefined, foundOf({}), true],
  ['the same names in another order', foundOf({ x: ['a', 'b'], y: [] }), foundOf({ y: [], x: ['b', 'a'] }), true],
  ['a further find', foundOf({ x: ['a'] }), foundOf({ x: ['a'], y: ['b'] }), false],
  ['another find', foundOf({ x: ['a'] }), foundOf({ y: ['a'] }), false],
  ['another find without names', foundOf({ x: [] }), foundOf({ y: [] }), false],
  ['a further name', foundOf({ x: ['a'] }), foundOf({ x: ['a', 'b'] }), false],
  ['one other name of two', foundOf({ x: ['a', 'b'] }), foundOf({ x: ['a', 'c'] }), false],
])('found secrets: %s', (_what, one, other, isSame) => {
  expect([sameFound(one, other), sameFound(other, one)]).toEqual([isSame, isSame])
})

it.each([
  ['secrets that were found', foundOf({ x: ['a'] }), true],
  ['no empty list of them', foundOf({}), false],
  ['none without a find', undefined, false],
])('a record has %s', (_what, found, has) => {
  const record = nextRecord(desiredOf({ a: '1' }, found && { found }), POLICY, new Map(), undefined)
  expect(Object.hasOwn(record, 'found')).toBe(has)
})
