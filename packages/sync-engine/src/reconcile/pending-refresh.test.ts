import { expect, it } from 'vitest'
import { resourceOf, specOf } from '../testing/fixtures.ts'
import { pendingRefreshOf } from './pending-refresh.ts'

const idle = resourceOf(specOf({ data: [{ key: 'db', name: 'password' }] }))

it.each([
  ['short', 'now', 'now'],
  ['of the longest length', 'a'.repeat(256), 'a'.repeat(256)],
  ['too long', 'a'.repeat(300), 'a'.repeat(256)],
  ['too long within a character', `${'a'.repeat(255)}👍`, 'a'.repeat(255)],
  ['too long after a character', `${'a'.repeat(254)}👍b`, `${'a'.repeat(254)}👍`],
])('a request that is %s is not pending again after a restart', (_what, refreshNow, value) => {
  const pending = pendingRefreshOf({ ...idle, refreshNow }, 7)
  expect(pending).toEqual({ value, sinceMs: 7 })
  // The API server stores UTF-8.
  const stored = Buffer.from(pending?.value ?? '').toString()
  const status = { ...idle.status, conditions: [], lastHandledRefresh: stored }
  expect(pendingRefreshOf({ refreshNow, status } as Parameters<typeof pendingRefreshOf>[0], 8)).toBeUndefined()
})
