import { expect, it } from 'vitest'
import { TurnQueue } from './turn-queue.ts'

it('serves one caller per turn of the event loop, and groups in turn', async () => {
  const queue = new TurnQueue()
  let turn = 0
  const served: string[] = []
  const take = async (group: string): Promise<void> => {
    await queue.next(group)
    served.push(`${turn} ${group}`)
  }
  const tick = (): void => {
    turn += 1
    if (served.length < 4) setImmediate(tick)
  }
  setImmediate(tick)
  await Promise.all(['busy', 'busy', 'busy', 'other'].map(take))
  expect(served).toEqual(['1 busy', '2 other', '3 busy', '4 busy'])
})
