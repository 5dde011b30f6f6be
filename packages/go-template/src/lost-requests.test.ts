import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { LostRequests } from './lost-requests.ts'
import { request } from './testing/render.ts'

const error = new SecretSyncError('TemplateError', 'data[0]: it takes too long', { facts: { field: 'data[0]' } })

it('a lost request is refused for increasing periods, and permanently after its third loss', async () => {
  const clock = new ManualClock()
  const lost = new LostRequests(clock)
  for (const pauseMs of [10_000, 60_000]) {
    expect(lost.add(request(['x']), error).facts).toEqual({ field: 'data[0]', retryAfterMs: pauseMs })
    await clock.advance(pauseMs - 1)
    expect(lost.refusal(request(['x']))).toMatchObject({ message: error.message, facts: { retryAfterMs: 1 } })
    await clock.advance(1)
    expect(lost.refusal(request(['x']))).toBeUndefined()
  }
  expect(lost.add(request(['x']), error)).toBe(error)
  await clock.advance(599_999)
  expect(lost.refusal(request(['x']))).toBe(error)
})

it.each([
  ['another text', request(['y'], { a: '1' }), undefined],
  ['another value', request(['x'], { a: '2' }), undefined],
  ['another boundary between text and value', request(['xa'], { '': '1' }), undefined],
  ['another seed', { ...request(['x'], { a: '1' }), seed: 'other' }, { code: 'TemplateError' }],
])('%s', (_rule, other, refusal) => {
  const lost = new LostRequests(new ManualClock())
  lost.add(request(['x'], { a: '1' }), error)
  if (refusal) expect(lost.refusal(other)).toMatchObject(refusal)
  else expect(lost.refusal(other)).toBeUndefined()
})

it('keeps a limited number, and drops requests that the engine survived', () => {
  const lost = new LostRequests(new ManualClock())
  for (let i = 0; i <= 1_000; i += 1) lost.add(request([`${i}`]), error)
  expect(lost.refusal(request(['0']))).toBeUndefined()
  expect(lost.refusal(request(['1']))).toBeDefined()
  lost.forget(request(['1']))
  expect(lost.refusal(request(['1']))).toBeUndefined()
})
