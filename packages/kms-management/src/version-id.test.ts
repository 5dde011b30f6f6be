import { assert, integer, property, string, uint8Array } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkVersionId, isPushVersionId, newVersionId, parsePushVersionId, pushVersionId } from './version-id.ts'

const key = new Uint8Array(32).fill(7)
const counters = integer({ min: 0, max: 10 ** 15 - 1 })

describe('version id of a push', () => {
  it('is read back, fits KMS, and is the same for the same push', () => {
    assert(
      property(counters, uint8Array({ minLength: 1, maxLength: 64 }), (counter, value) => {
        const id = pushVersionId(counter, value, key)
        expect(checkVersionId(id)).toBe(id)
        expect(parsePushVersionId(id)?.counter).toBe(counter)
        expect(pushVersionId(counter, value, key)).toBe(id)
      }),
    )
  })

  it('differs with the counter, the value and the key', () => {
    const value = new Uint8Array([1])
    const id = pushVersionId(1, value, key)
    const others = [
      pushVersionId(2, value, key),
      pushVersionId(1, new Uint8Array([2]), key),
      pushVersionId(1, value, new Uint8Array(32)),
    ]
    expect(others).not.toContain(id)
    // Not even the digest is the same for the next push of the same value.
    expect(new Set([id, ...others].map((other) => parsePushVersionId(other)?.mac)).size).toBe(4)
  })

  it('is nothing else', () => {
    assert(
      property(string({ maxLength: 40 }), (text) => {
        expect(isPushVersionId(text)).toBe(parsePushVersionId(text) !== undefined)
      }),
    )
    for (const other of [
      'acksm-01-aaaaaaaaaaaaaaaa',
      'acksm--aaaaaaaaaaaaaaaa',
      'acksm-1-short',
      'v1',
      '20260102T030405Z-4f1c9a20b7d3',
    ]) {
      expect(isPushVersionId(other)).toBe(false)
    }
  })

  it.each([
    ['a negative counter', () => pushVersionId(-1, key, key)],
    ['half a counter', () => pushVersionId(0.5, key, key)],
    ['a counter that is too large', () => pushVersionId(10 ** 15, key, key)],
    ['a short key', () => pushVersionId(1, key, new Uint8Array(16))],
  ])('refuses %s', (_what, make) => {
    expect(make).toThrow(RangeError)
  })
})

describe('new version id', () => {
  it('sorts by time and fits KMS', () => {
    const early = newVersionId(Date.parse('2026-01-02T03:04:05.678Z'), new Uint8Array([0, 1, 2, 3, 4, 255]))
    expect(early).toBe('20260102T030405Z-0001020304ff')
    expect(checkVersionId(early)).toBe(early)
    expect(newVersionId(Date.parse('2026-01-02T03:04:06Z'), new Uint8Array(6)) > early).toBe(true)
  })
})

it.each(['', 'x'.repeat(65), 'a b', 'a\n', 'ü'])('refuses the version id %j', (text) => {
  expect(() => checkVersionId(text)).toThrow('version id: expected 1 to 64 letters, digits')
})
