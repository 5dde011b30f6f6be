import { type BackendConnection, SecretSyncError } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { AttemptCounter } from './attempt-counter.ts'

const { signal } = new AbortController()

function brokenConnection(key: string): BackendConnection {
  const read = (): Promise<never> => Promise.reject(new SecretSyncError('Unavailable', 'down'))
  return {
    key,
    kind: 'test',
    quota: { account: key, region: 'test' },
    backend: { read, close: () => Promise.resolve() },
  }
}

it('has tried often enough when every connection that fails has been', async () => {
  const counter = new AttemptCounter(() => undefined)
  const [one, other] = ['one', 'other'].map((key) => counter.count(brokenConnection(key)).backend)
  const fail = async (backend: BackendConnection['backend'] | undefined, times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) {
      await expect(backend?.read({ name: 'app/db' }, { signal })).rejects.toThrow('down')
    }
  }
  expect(counter.isExhausted('app/db')).toBe(false)
  await fail(one, 4)
  expect(counter.isExhausted('app/db')).toBe(true)
  await fail(other, 1)
  expect(counter.isExhausted('app/db')).toBe(false)
  await fail(other, 3)
  expect(counter.isExhausted('app/db')).toBe(true)
  expect(counter.isExhausted('app/other')).toBe(false)
})
