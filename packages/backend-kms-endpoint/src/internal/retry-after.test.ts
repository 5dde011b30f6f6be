import { describe, expect, it } from 'vitest'
import { MAX_RETRY_AFTER_MS, retryAfterMs } from './retry-after.ts'

const NOW = Date.UTC(2026, 0, 1)

describe('retryAfterMs', () => {
  it.each([
    ['nothing', {}, undefined],
    ['seconds', { 'retry-after': '3' }, 3_000],
    ['a date ahead', { 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT' }, 7_000],
    ['a date that is past', { 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['a negative number', { 'retry-after': '-1' }, undefined],
    ["the gateway's own, in milliseconds, first", { 'x-acs-retry-after': '250', 'retry-after': '3' }, 250],
    ["the gateway's own as nonsense", { 'x-acs-retry-after': 'x', 'retry-after': '3' }, 3_000],
    ['too long', { 'retry-after': '999999' }, MAX_RETRY_AFTER_MS],
  ])('%s', (_rule, headers, expected) => expect(retryAfterMs(headers, NOW)).toBe(expected))
})
