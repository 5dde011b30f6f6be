import { expect, it } from 'vitest'
import { DeltaLog } from './delta-log.ts'

/** A log of a counter. */
function counting(): { readonly log: DeltaLog; readonly add: (size?: number) => void } {
  let count = 0
  const log = new DeltaLog(() => ({ count }))
  const add = (size = 0): void => {
    count += 1
    log.append({ count, filler: 'x'.repeat(size) })
  }
  return { log, add }
}

const idsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^id: [0-9a-f]{12}-(\d+)$/gm)].map(([, id]) => id ?? '')

it('has the snapshot that the deltas lead to, made once', () => {
  const { log, add } = counting()
  add()
  add()
  const { text, sequence } = log.snapshot()
  expect([sequence, text]).toEqual([
    2,
    expect.stringMatching(/^id: [0-9a-f]{12}-2\nevent: snapshot\ndata: {"count":2}\n\n$/),
  ])
  expect(log.snapshot().text).toBe(text)
  add()
  expect(log.snapshot().text).toContain('{"count":3}')
})

it.each([
  ['all', 0, ['1', '2', '3'], 3],
  ['the rest', 2, ['3'], 3],
  ['none', 3, [], 3],
])('gives a page that reconnects %s of the deltas', (_what, position, ids, sequence) => {
  const { log, add } = counting()
  for (let index = 0; index < 3; index += 1) add()
  const next = log.after(position)
  expect([next?.sequence, idsIn(next?.text ?? '')]).toEqual([sequence, ids])
})

it.each([
  ['of many deltas', 1_000, 0],
  ['of large deltas', 100, 1024 * 1024],
])('holds a limited number %s, and a page behind them needs a snapshot', (_what, deltas, size) => {
  const { log, add } = counting()
  for (let index = 0; index < deltas; index += 1) add(size)
  expect(log.after(0)).toBeUndefined()
  expect(log.after(deltas - 1)?.sequence).toBe(deltas)
  expect(log.bytes).toBeLessThanOrEqual(4 * 1024 * 1024)
})

it.each([
  ['of another server', 'abcdefabcdef-1'],
  ['of the future', '-9'],
  ['that is none', 'x'],
  ['that is missing', undefined],
])('does not know a position %s', (_what, id) => {
  const { log, add } = counting()
  add()
  const [epoch = ''] = /[0-9a-f]{12}/.exec(log.snapshot().text) ?? []
  expect(log.positionOf(`${epoch}-1`)).toBe(1)
  expect(log.positionOf(id?.startsWith('-') ? `${epoch}${id}` : id)).toBeUndefined()
})

it('ends a wait at the next change, and at the end of its signal', async () => {
  const { log, add } = counting()
  const stopped = new AbortController()
  const waits = [log.changed(0, stopped.signal), log.changed(0, new AbortController().signal)]
  stopped.abort()
  await waits[0]
  add()
  await waits[1]
  await log.changed(0, new AbortController().signal)
})
