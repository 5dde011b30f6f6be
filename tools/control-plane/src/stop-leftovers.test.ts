import { expect, it, vi } from 'vitest'
import { stopLeftovers } from './stop-leftovers.ts'

it('calls the listeners that a file has added for the exit of the process, once', () => {
  const [earlier, added] = [vi.fn<(code: number) => void>(), vi.fn<(code: number) => void>()]
  process.on('exit', earlier)
  const before = new Set(process.listeners('exit'))
  process.on('exit', added)
  stopLeftovers(before)
  stopLeftovers(before)
  process.off('exit', earlier)
  expect(added.mock.calls).toEqual([[0]])
  expect(earlier).not.toHaveBeenCalled()
  expect(process.listeners('exit')).not.toContain(added)
})
