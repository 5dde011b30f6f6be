import { expect, it } from 'vitest'
import { remainingText, validityProblem } from './certificate-validity.ts'

const HOUR_MS = 3_600_000
const NOW_MS = Date.parse('2026-11-29T12:00:00Z')

/** A certificate by the hours around now, and by how many hours the local clock is ahead. */
const problem = (validFrom: number, validTo: number, ahead: number | undefined) =>
  validityProblem(
    {
      issuer: 'Corp CA',
      validFromMs: NOW_MS + validFrom * HOUR_MS,
      validToMs: NOW_MS + validTo * HOUR_MS,
      skewMs: ahead === undefined ? undefined : ahead * HOUR_MS,
    },
    NOW_MS,
  )

it.each([
  [
    'expired, and the clocks agree',
    [-9, -1, 0],
    'certificate',
    'its certificate of Corp CA expired at 2026-11-29T11:00:00Z',
  ],
  ['not valid yet', [1, 9, 0], 'certificate', 'its certificate of Corp CA is valid from 2026-11-29T13:00:00Z'],
  ['a CA that has expired', [-9, 9, 0], 'certificate', 'a CA certificate of its chain, above Corp CA, is not valid'],
  [
    'valid at the time of the server',
    [-9, -1, 2],
    'clock',
    'its certificate of Corp CA expired at 2026-11-29T11:00:00Z, by the clock of this machine; the server has 2026-11-29T10:00:00Z',
  ],
  [
    'not valid yet by a clock that is behind',
    [1, 9, -2],
    'clock',
    'its certificate of Corp CA is valid from 2026-11-29T13:00:00Z, by the clock of this machine; the server has 2026-11-29T14:00:00Z',
  ],
  [
    'expired at the time of the server too',
    [-9, -3, 2],
    'certificate',
    'its certificate of Corp CA expired at 2026-11-29T09:00:00Z',
  ],
  [
    'no Date header',
    [-9, -1, undefined],
    'unknown',
    'its certificate of Corp CA expired at 2026-11-29T11:00:00Z, by the clock of this machine',
  ],
] as const)('%s', (_what, [validFrom, validTo, ahead], cause, text) =>
  expect(problem(validFrom, validTo, ahead)).toEqual({ cause, text }),
)

it.each([
  [72.5, '3 more days'],
  [47.9, '47 more hours'],
  [2, '2 more hours'],
  [0.5, '30 more minutes'],
  [-1, '0 more minutes'],
])('%d hours are %s', (hours, text) => expect(remainingText(hours * HOUR_MS)).toBe(text))
