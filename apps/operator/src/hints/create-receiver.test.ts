import type { HintBatch, HintSource } from '@ack-secret-manager/core'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createMetrics } from '../observability/metrics.ts'
import { createReceiver } from './create-receiver.ts'

const scope = { account: '1234567890123456', region: 'cn-hangzhou' }

it.each([
  ['takes and confirms a hint of the leader', true, ['read db', 'confirmed']],
  ['leaves a hint to the next leader while leadership is not confirmed', false, []],
])('%s', async (_rule, isOpen, expected) => {
  const stop = new AbortController()
  const metrics = createMetrics('0.0.0', { perResource: false })
  const done: string[] = []
  let received = 0
  const source: HintSource = {
    description: 'a queue',
    receive: async (): Promise<HintBatch> => {
      received += 1
      if (received === 2) stop.abort()
      return {
        hints: received === 1 ? [{ secretName: 'db' }] : [],
        ignored: [],
        confirm: async () => void done.push('confirmed'),
      }
    },
    close: async () => undefined,
  }
  const receiver = createReceiver(source, {
    config: { kmsQps: 0, pollingIntervalMs: 120_000, hintQueue: undefined, hintTarget: undefined } as never,
    engine: { hint: (name: string) => void done.push(`read ${name}`), polling: { reads: () => true } } as never,
    fence: { isOpen },
    metrics,
    log: pino({ enabled: false }),
    scope,
    name: 'hints',
  })
  await receiver.run(stop.signal)
  expect(done).toEqual(expected)
  // Another replica may receive from the queue now.
  expect(await metrics.registry.getSingleMetricAsString('acksm_hint_queue_live')).not.toContain('queue=')
})
