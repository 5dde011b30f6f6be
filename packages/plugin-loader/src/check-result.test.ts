import { expect, it } from 'vitest'
import { checkedValue } from './check-result.ts'

const bytes = { expose: () => Buffer.from('value') }
const VALUE = { bytes, versionId: 'v1', versionStages: ['ACSCurrent'], type: 'Generic', dataType: 'text' }

it.each<[what: string, value: unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'value'],
  ['no bytes', { ...VALUE, bytes: undefined }],
  ['bytes that are not wrapped', { ...VALUE, bytes: new Uint8Array(1) }],
  ['text as bytes', { ...VALUE, bytes: { expose: () => 'value' } }],
  ['a number as version', { ...VALUE, versionId: 7 }],
  ['an empty version', { ...VALUE, versionId: '' }],
  // The status of an ExternalSecret has no room for it.
  ['a long version', { ...VALUE, versionId: 'v'.repeat(129) }],
  ['a version of two lines', { ...VALUE, versionId: 'v\n1' }],
])('rejects %s', (_what, value) =>
  expect(() => checkedValue(value, 'x')).toThrowError(
    expect.objectContaining({
      code: 'InvalidResponse',
      message: 'x: the backend returned no bytes or no version id of at most 128 characters',
    }),
  ),
)

it('keeps every part of a value', () => {
  const rotation = { automatic: true, intervalMs: 1, lastMs: 2, nextMs: 3 }
  const value = { ...VALUE, createdMs: 5, rotation, requestId: 'r1' }
  expect(checkedValue(value, 'x')).toEqual({ ...value, bytes: expect.anything() })
})

it('copies the bytes, which may be a part of a buffer that the package uses again', () => {
  const shared = Buffer.from('value')
  const value = checkedValue({ ...VALUE, bytes: { expose: () => shared.subarray(0, 3) } }, 'x')
  shared.fill(0)
  expect(value.bytes.expose()).toEqual(new Uint8Array(Buffer.from('val')))
})

it.each<[what: string, part: object]>([
  ['createdMs', { createdMs: Number.NaN }],
  ['createdMs beyond the range of dates', { createdMs: 1e20 }],
  ['rotation', { rotation: 'soon' }],
  ['rotation', { rotation: null }],
  ['requestId', { requestId: { id: 1 } }],
])('omits a malformed %s', (_what, part) =>
  expect(checkedValue({ ...VALUE, ...part }, 'x')).toEqual({ ...VALUE, bytes: expect.anything() }),
)

it('omits malformed times, stages and types', () => {
  const rotation = { automatic: 'yes', intervalMs: -1, lastMs: '2026-12-01', nextMs: Number.NaN }
  const value = { ...VALUE, rotation, versionStages: ['a', 1, null], type: 't'.repeat(65) }
  expect(checkedValue(value, 'x')).toMatchObject({
    rotation: { automatic: false },
    versionStages: ['a'],
    type: 'Generic',
  })
  expect(checkedValue({ ...VALUE, rotation }, 'x').rotation).toEqual({ automatic: false })
})
