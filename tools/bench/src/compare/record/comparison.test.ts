import { expect, it } from 'vitest'
import { hasRun, parseComparison, withRun, writeComparison } from './comparison.ts'
import { exampleRun } from './example-run.ts'

const [first, second] = [exampleRun('ours'), exampleRun('ours', 2, { run: 2 })]
const two = { version: 1, runs: [first, second] } as const

it('keeps everything in its file, one run a line', () => {
  expect(parseComparison(writeComparison(two))).toEqual(two)
  expect(writeComparison(two).split('\n')).toHaveLength(8)
  expect(parseComparison(writeComparison({ version: 1, runs: [] }))).toEqual({ version: 1, runs: [] })
})

it.each(['{}', '[]', '{"version":2,"runs":[]}', '{"version":1}', 'null'])('rejects the file %s', (text) => {
  expect(() => parseComparison(text)).toThrow('not a comparison of version 1')
})

it('replaces an earlier run in its place, and leaves others alone', () => {
  const again = exampleRun('ours', 5, { commit: 'cccccccc' })
  expect(withRun(two, again).runs).toEqual([again, second])
  for (const other of [{ run: 3 }, { users: 10 }, { resources: 5_000 }])
    expect(withRun(two, exampleRun('ours', 1, other)).runs).toHaveLength(3)
  expect(withRun(two, exampleRun('go-default')).runs).toHaveLength(3)
  expect(two.runs).toEqual([first, second])
})

it('knows the runs of a commit', () => {
  expect(hasRun(two, second, 'aaaaaaaa')).toBe(true)
  expect(hasRun(two, second, 'bbbbbbbb')).toBe(false)
  expect(hasRun(two, { ...second, run: 3 }, 'aaaaaaaa')).toBe(false)
})
