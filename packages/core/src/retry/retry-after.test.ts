import { expect, it } from 'vitest'
import { limitedRetryAfterMs } from './retry-after.ts'

it.each([
  [undefined, 0],
  [5_000, 5_000],
  [86_400_000, 3_600_000],
  [Infinity, 3_600_000],
  // A backend may compute it from a header that is a date.
  [Number.NaN, 0],
])('the pause for %j is %d ms', (askedMs, pauseMs) => expect(limitedRetryAfterMs(askedMs)).toBe(pauseMs))
