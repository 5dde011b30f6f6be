import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { SilentEndpoints } from './silent-endpoints.ts'

function fixture() {
  const clock = new ManualClock(0)
  const silent = new SilentEndpoints(clock)
  const isSilent = (key: string): boolean => {
    try {
      silent.begin(key, 'kms.cn-beijing.aliyuncs.com')
      return false
    } catch {
      return true
    }
  }
  return { clock, silent, isSilent }
}

it('lets one call at a time probe whether the endpoint responds again', async () => {
  const { clock, silent, isSilent } = fixture()
  expect(isSilent('beijing')).toBe(false)
  silent.timedOut('beijing')
  expect([isSilent('beijing'), isSilent('hangzhou')]).toEqual([true, false])
  await clock.advance(5_000)
  expect([isSilent('beijing'), isSilent('beijing')]).toEqual([false, true])
  silent.timedOut('beijing')
  await clock.advance(9_999)
  expect(isSilent('beijing')).toBe(true)
  await clock.advance(1)
  expect(isSilent('beijing')).toBe(false)
  silent.responded('beijing')
  expect(isSilent('beijing')).toBe(false)
})

it('pauses for at most two minutes, and then probes again even if the last call never ended', async () => {
  const { clock, silent, isSilent } = fixture()
  for (let count = 0; count < 20; count += 1) silent.timedOut('beijing')
  await clock.advance(119_999)
  expect(isSilent('beijing')).toBe(true)
  await clock.advance(1)
  expect(isSilent('beijing')).toBe(false)
  await clock.advance(120_000)
  expect(isSilent('beijing')).toBe(false)
})

it('remembers a limited number of connections', () => {
  const { silent, isSilent } = fixture()
  for (let count = 0; count < 1_001; count += 1) silent.timedOut(String(count))
  expect([isSilent('0'), isSilent('1'), isSilent('1000')]).toEqual([false, true, true])
})

it('is checked without delaying the next probe', async () => {
  const { clock, silent, isSilent } = fixture()
  silent.timedOut('beijing')
  expect(() => silent.check('beijing', 'kms')).toThrow('did not respond')
  await clock.advance(5_000)
  silent.check('beijing', 'kms')
  silent.check('beijing', 'kms')
  expect([isSilent('beijing'), isSilent('beijing')]).toEqual([false, true])
})
