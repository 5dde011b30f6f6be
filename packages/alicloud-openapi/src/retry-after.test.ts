import { describe, expect, it } from 'vitest'
import { retryAfterMs } from './retry-after.ts'

const NOW = Date.UTC(2026, 0, 1)

describe('retryAfterMs', () => {
  it.each([
    ['nothing', {}, undefined],
    ["the gateway's own, in milliseconds", { 'x-acs-retry-after': '250', 'retry-after': '9' }, 250],
    ['seconds', { 'retry-after': '3' }, 3_000],
    ['a date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }, 5_000],
    ['a date in the past', { 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    ['a day, limited to an hour', { 'retry-after': '86400' }, 3_600_000],
    ['nonsense', { 'retry-after': '-1' }, undefined],
    ['two headers', { 'retry-after': ['1', '2'] }, undefined],
  ])('%s', (_rule, headers, expected) => expect(retryAfterMs(headers, NOW)).toBe(expected))
})
