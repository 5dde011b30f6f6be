import { describe, expect, it } from 'vitest'
import type { EventSeries } from './event-aggregator.ts'
import { EventQueue } from './event-queue.ts'

function series(key: string, namespace = 'shop', type: EventSeries['type'] = 'Normal'): EventSeries {
  const times = { firstMs: 0, lastMs: 0, lastSeenAtMs: 0, writtenAtMs: 0 }
  const unwritten = { record: undefined, name: undefined, count: 1, writtenCount: 0, isQueued: true }
  return { key, type, path: `/apis/events.k8s.io/v1/namespaces/${namespace}/events`, ...unwritten, ...times }
}

function rest(queue: EventQueue): readonly string[] {
  const keys: string[] = []
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) keys.push(next.key)
  return keys
}

describe('EventQueue', () => {
  it('returns the warnings of a namespace first, each in order', () => {
    const queue = new EventQueue(10)
    for (const each of [series('n1'), series('w1', 'shop', 'Warning'), series('n2'), series('w2', 'shop', 'Warning')])
      queue.push(each)
    expect(rest(queue)).toEqual(['w1', 'w2', 'n1', 'n2'])
  })

  it('lets namespaces take turns, regardless of how many warnings one of them has', () => {
    const queue = new EventQueue(100)
    for (let index = 0; index < 4; index += 1) queue.push(series(`w${index}`, 'noisy', 'Warning'))
    queue.push(series('n1'))
    queue.push(series('n2'))
    expect(rest(queue)).toEqual(['w0', 'n1', 'w1', 'n2', 'w2', 'w3'])
  })

  it('keeps the turn of a namespace that always has more', () => {
    const queue = new EventQueue(100)
    const order: string[] = []
    queue.push(series('w0', 'noisy', 'Warning'))
    queue.push(series('n1'))
    for (let index = 1; index < 4; index += 1) {
      queue.push(series(`w${index}`, 'noisy', 'Warning'))
      order.push(queue.shift()?.key ?? '')
    }
    expect(order).toEqual(['w0', 'n1', 'w1'])
  })

  it('evicts the oldest event of the namespace with the most, warnings last', () => {
    const queue = new EventQueue(4)
    const pushed = [
      series('n1'),
      series('w0', 'noisy', 'Warning'),
      series('m0', 'noisy'),
      series('w1', 'noisy', 'Warning'),
      series('n2'),
      series('w2', 'noisy', 'Warning'),
    ]
    expect(pushed.map((each) => queue.push(each)?.key)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'm0',
      'w0',
    ])
    expect(queue.size).toBe(4)
  })

  it('evicts a normal event first if several namespaces have the most', () => {
    const queue = new EventQueue(2)
    queue.push(series('w1', 'a', 'Warning'))
    queue.push(series('n1', 'b'))
    expect(queue.push(series('w2', 'c', 'Warning'))?.key).toBe('n1')
  })

  it('is empty after clear', () => {
    const queue = new EventQueue(4)
    queue.push(series('n1'))
    queue.push(series('w1', 'other', 'Warning'))
    expect([queue.clear(), queue.size, queue.shift()]).toEqual([2, 0, undefined])
  })
})
