import { toolOptions } from '@ack-secret-manager/testenv'
import { describe, expect, it } from 'vitest'
import { BENCH, UI_BENCH } from './bench-options.ts'

describe('the options of the benchmark', () => {
  it('has a default for everything', () => {
    expect(toolOptions(BENCH, [])).toEqual({
      resources: [1000],
      secrets: undefined,
      intervalMs: 60_000,
      latencyMs: 5,
      json: undefined,
      keep: false,
      profile: false,
    })
  })

  it('accepts several sizes', () => {
    expect(toolOptions(BENCH, ['--resources', '10,20', '--secrets', '5', '--interval', '2m'])).toMatchObject({
      resources: [10, 20],
      secrets: 5,
      intervalMs: 120_000,
    })
  })

  it.each([
    [['--resources', '10,x'], '--resources x'],
    [['--resources', '0'], '--resources 0'],
    [['--interval', '10'], '--interval 10'],
    [['--interval', '5ms'], '--interval 5ms'],
    [['--latency-ms', '-1'], '--latency-ms'],
    [['--nope'], '--nope'],
  ])('%j is rejected with flag and value', (argv, named) => {
    expect(() => toolOptions(BENCH, argv)).toThrow(named)
  })
})

it('the benchmark of the page has sizes and an interval', () => {
  expect(toolOptions(UI_BENCH, [])).toEqual({ resources: [1000], idleMs: 30_000 })
  expect(toolOptions(UI_BENCH, ['--resources', '10,20', '--idle', '1s'])).toEqual({
    resources: [10, 20],
    idleMs: 1_000,
  })
  expect(() => toolOptions(UI_BENCH, ['--resources', 'x'])).toThrow('--resources x')
})
