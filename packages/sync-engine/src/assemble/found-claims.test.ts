import { describe, expect, it } from 'vitest'
import type { Claim } from '../model/found.ts'
import { type KeyClaim, resolveClaims } from './found-claims.ts'

const claimOf = (secret: string, claim: Claim, store = 'a'): KeyClaim => ({
  key: 'k',
  claim,
  secret,
  source: `${store}:${secret}`,
})
const names = (claims: readonly KeyClaim[]): string => claims.map(({ source }) => String(source)).join(' ')

describe('resolveClaims', () => {
  it.each<[string, readonly KeyClaim[], string | undefined, string, string, string]>([
    ['one claim has the key', [claimOf('x', 'added')], undefined, 'a:x', '', ''],
    ['two new ones: neither', [claimOf('x', 'added'), claimOf('y', 'added')], undefined, '', '', 'a:x a:y'],
    [
      'two stores with one new name: neither',
      [claimOf('x', 'added'), claimOf('x', 'added', 'b')],
      undefined,
      '',
      '',
      'a:x b:x',
    ],
    ['what the target has stays', [claimOf('x', 'added'), claimOf('y', 'held')], 'y', 'a:y', '', 'a:x'],
    [
      'also against the name of another store',
      [claimOf('x', 'added', 'b'), claimOf('x', 'held')],
      'x',
      'a:x',
      '',
      'b:x',
    ],
    ['a former find is before a new name', [claimOf('x', 'added'), claimOf('y', 'former')], 'y', 'a:y', '', 'a:x'],
    ['… and before another store', [claimOf('x', 'other-store', 'b'), claimOf('x', 'former')], 'x', 'a:x', '', 'b:x'],
    [
      'two former ones: both keep what they have',
      [claimOf('x', 'former'), claimOf('x', 'former', 'b')],
      'x',
      '',
      'a:x b:x',
      '',
    ],
    ['of two held ones, the owner of the key', [claimOf('x', 'held'), claimOf('y', 'held')], 'y', 'a:y', 'a:x', ''],
    [
      'two held ones, a third owner: both keep what they have',
      [claimOf('x', 'held'), claimOf('y', 'held')],
      'z',
      '',
      'a:x a:y',
      '',
    ],
    [
      'two finds with the same secret have it both',
      [claimOf('x', 'held'), claimOf('x', 'added')],
      'x',
      'a:x a:x',
      '',
      '',
    ],
    [
      'two finds with the same new secret, too',
      [claimOf('x', 'added'), claimOf('x', 'added')],
      undefined,
      'a:x a:x',
      '',
      '',
    ],
  ])('%s', (_rule, claims, origin, winners, failed, refused) => {
    for (const order of [claims, claims.toReversed()]) {
      const result = resolveClaims(order, origin)
      const sorted = (list: readonly KeyClaim[]): string =>
        names(list.toSorted((a, b) => (String(a.source) < String(b.source) ? -1 : 1)))
      expect([sorted(result.winners), sorted(result.failed), sorted(result.refused)]).toEqual([
        winners,
        failed,
        refused,
      ])
      expect(result.error === undefined).toBe(failed === '' && refused === '')
    }
  })

  it('names both secrets', () => {
    expect(resolveClaims([claimOf('x', 'added'), claimOf('y', 'added')], undefined).error?.message).toContain(
      'secrets x and y both become key k',
    )
  })
})
