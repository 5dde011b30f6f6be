import fc from 'fast-check'
import { isSecretSyncError } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { checkList, parseWatchEvent } from './decode-event.ts'

const object = { kind: 'Thing', metadata: { name: 'a', resourceVersion: '7' }, extra: 1 }

it.each(['ADDED', 'MODIFIED', 'DELETED'])('decodes %s with the object unchanged', (type) => {
  expect(parseWatchEvent(JSON.stringify({ type, object }))).toEqual({ type, object, resourceVersion: '7' })
})

it('decodes a bookmark, which has no name', () => {
  const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } }
  expect(parseWatchEvent(JSON.stringify(bookmark))).toEqual({ type: 'BOOKMARK', resourceVersion: '9' })
})

it('decodes an error with its code', () => {
  const error = { type: 'ERROR', object: { kind: 'Status', code: 410 } }
  expect(parseWatchEvent(JSON.stringify(error))).toMatchObject({ type: 'ERROR', code: 410 })
})

it.each([
  'canary',
  '{"type":"ADDED","canary',
  '[]',
  'null',
  '"canary"',
  '{}',
  '{"type":"CANARY","object":{"metadata":{"name":"a","resourceVersion":"1"}}}',
  '{"type":"ADDED"}',
  '{"type":"ADDED","object":{"metadata":{"name":"a"}}}',
  '{"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}}',
  '{"type":"BOOKMARK","object":{}}',
])('rejects %s without quoting it', (line) => {
  expect(() => parseWatchEvent(line)).toThrow(expect.objectContaining({ code: 'InvalidResponse' }))
  expect(() => parseWatchEvent(line)).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining('anary') }),
  )
})

it('returns an event or a typed error for any input', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      const outcome = attempt(() => parseWatchEvent(line))
      expect(isSecretSyncError(outcome) || (typeof outcome === 'object' && outcome !== null && 'type' in outcome)).toBe(
        true,
      )
    }),
  )
})

it('checks a list, and treats null items as empty', () => {
  expect(checkList({ metadata: { resourceVersion: '3' }, items: null })).toEqual({
    metadata: { resourceVersion: '3' },
    items: [],
  })
  for (const body of [undefined, [], {}, { metadata: {}, items: {} }, { metadata: {}, items: [{}] }]) {
    expect(() => checkList(body)).toThrow(expect.objectContaining({ code: 'InvalidResponse' }))
  }
})

it('does not take a single object for an empty list', () => {
  expect(() => checkList(object)).toThrow(expect.objectContaining({ code: 'InvalidResponse' }))
})

function attempt(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
