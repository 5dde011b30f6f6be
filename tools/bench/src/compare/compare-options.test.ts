import { toolOptions } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { COMPARE } from './compare-options.ts'

it('has a default for everything', () => {
  expect(toolOptions(COMPARE, ['--compare'])).toMatchObject({
    sizes: [1_000, 5_000, 10_000],
    runs: 3,
    binaries: { released: undefined, uncapped: undefined },
    intervalMs: 30_000,
    quietMs: 60_000,
    outageMs: 35_000,
    deadlineMs: 300_000,
    output: 'docs/benchmark',
    resume: false,
    render: false,
  })
})

it('selects contenders in the order of their columns', () => {
  const names = toolOptions(COMPARE, ['--compare', '--only', 'loader,ours'])?.contenders.map(({ name }) => name)
  expect(names).toEqual(['ours', 'loader'])
})

it.each([
  [['--sizes', '1000,x'], '--sizes x'],
  [['--sizes', '5'], '--sizes 5'],
  [['--runs', '0'], '--runs 0'],
  [['--only', 'ours,rust'], '--only rust: no such contender; there are ours, '],
  [['--resources', '10'], '--resources'],
])('rejects %j with flag and value', (argv, named) => {
  expect(() => toolOptions(COMPARE, argv)).toThrow(named)
})
