import { expect, it } from 'vitest'
import { microTime } from '../client/micro-time.ts'
import { isSameRecord, leaseRecord, withLeaseRecord } from './lease-record.ts'

it('formats times with six digits', () => {
  expect(microTime(Date.UTC(2026, 0, 2, 3, 4, 5, 60))).toBe('2026-01-02T03:04:05.060000Z')
})

it('round-trips a Lease, and keeps unknown fields', () => {
  const record = {
    holder: 'a',
    durationMs: 15_000,
    acquireTime: microTime(0),
    renewTime: microTime(1),
    transitions: 3,
  }
  const lease = {
    metadata: { name: 'x', resourceVersion: '7', labels: { team: 'red' }, managedFields: [] },
    spec: { strategy: 'OldestEmulationVersion', holderIdentity: 'b' },
  }
  const written = withLeaseRecord(lease, record)
  expect(leaseRecord(written)).toEqual(record)
  expect(written).toMatchObject({
    metadata: { resourceVersion: '7', labels: { team: 'red' } },
    spec: { strategy: 'OldestEmulationVersion' },
  })
  expect(written.metadata).not.toHaveProperty('managedFields')
})

it('rounds the duration up to whole seconds', () => {
  const record = { holder: 'a', durationMs: 1_500, acquireTime: '', renewTime: '', transitions: 0 }
  expect(withLeaseRecord({ metadata: {} }, record).spec).toMatchObject({ leaseDurationSeconds: 2 })
})

it('writes a duration of at least one second, as the API server requires', () => {
  const record = { holder: '', durationMs: 0, acquireTime: '', renewTime: '', transitions: 0 }
  expect(withLeaseRecord({ metadata: {} }, record).spec).toMatchObject({ leaseDurationSeconds: 1 })
})

it.each([
  { holder: 'b' },
  { durationMs: 16_000 },
  { acquireTime: microTime(9) },
  { renewTime: microTime(9) },
  { transitions: 4 },
])('distinguishes records by each field: %o', (change) => {
  const record = {
    holder: 'a',
    durationMs: 15_000,
    acquireTime: microTime(0),
    renewTime: microTime(1),
    transitions: 3,
  }
  expect(isSameRecord(record, { ...record })).toBe(true)
  expect(isSameRecord(record, { ...record, ...change })).toBe(false)
})

it('treats an empty Lease as one without a holder', () => {
  expect(leaseRecord({ metadata: {} })).toEqual({
    holder: '',
    durationMs: 0,
    acquireTime: '',
    renewTime: '',
    transitions: 0,
  })
})

it('reads a duration of more than an hour as an hour, so that no process waits forever for a forged holder', () => {
  const lease = { metadata: {}, spec: { holderIdentity: 'x', leaseDurationSeconds: 2 ** 31 - 1 } }
  expect(leaseRecord(lease)).toMatchObject({ holder: 'x', durationMs: 3_600_000 })
})
