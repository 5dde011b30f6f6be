import { expect, it } from 'vitest'
import { DeltaLog } from './delta-log.ts'

/** A log of a counter. */
function counting(): { readonly log: DeltaLog; readonly add: (size?: number) => void } {
  let count = 0
  const log = new DeltaLog(() => [{ event: 'snapshot', data: { count } }])
  const add = (size = 0): void => {
    count += 1
    log.append({ count, filler: 'x'.repeat(size) })
  }
  return { log, add }
}

const idsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^id: [0-9a-f]{12}-(\d+)$/gm)].map(([, id]) => id ?? '')

it('has the snapshot that the deltas lead to', () => {
  const { log, add } = counting()
  add()
  add()
  const { texts, sequence } = log.snapshot()
  expect([sequence, ...texts]).toEqual([
    2,
    expect.stringMatching(/^id: [0-9a-f]{12}-2\nevent: snapshot\ndata: {"count":2}\n\n$/),
  ])
  add()
  expect([...log.snapshot().texts].join('')).toContain('{"count":3}')
})

it('gives only the last part of a snapshot a position, and makes each part when it is taken', () => {
  let made = 0
  const log = new DeltaLog(function* () {
    for (const event of ['snapshot', 'delta', 'delta'] as const) {
      made += 1
      yield { event, data: { made } }
    }
  })
  const texts = log.snapshot().texts[Symbol.iterator]()
  expect(texts.next().value).toBe('event: snapshot\ndata: {"made":1}\n\n')
  expect(made).toBe(2)
  expect(texts.next().value).toBe('event: delta\ndata: {"made":2}\n\n')
  expect(texts.next().value).toMatch(/^id: [0-9a-f]{12}-0\nevent: delta\ndata: {"made":3}\n\n$/)
})

it('needs a snapshot after a change that is too large, and goes on after it', () => {
  const { log, add } = counting()
  add()
  log.skip()
  expect([log.bytes, log.after(1)]).toEqual([0, undefined])
  expect(log.after(2)?.text).toBe('')
  add()
  expect(idsIn(log.after(2)?.text ?? '')).toEqual(['3'])
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
  const [epoch = ''] = /[0-9a-f]{12}/.exec([...log.snapshot().texts].join('')) ?? []
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
