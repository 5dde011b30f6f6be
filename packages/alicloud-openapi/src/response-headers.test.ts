import { describe, expect, it } from 'vitest'
import { clockSkewMs } from './response-headers.ts'

const NOW = Date.UTC(2026, 0, 1)

describe('clockSkewMs', () => {
  it.each([
    ['ahead', { date: 'Wed, 31 Dec 2025 23:00:00 GMT' }, 3_600_000],
    ['behind', { date: 'Thu, 01 Jan 2026 00:20:00 GMT' }, -1_200_000],
    ['unknown', {}, undefined],
    ['nonsense', { date: 'yesterday' }, undefined],
  ])('%s', (_rule, headers, expected) => expect(clockSkewMs(headers, NOW)).toBe(expected))
})
