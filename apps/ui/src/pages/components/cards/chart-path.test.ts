import { expect, it } from 'vitest'
import { largest, linePath } from './chart-path.ts'

it.each([
  ['a line', [0, 5, 10], 10, 'M0.0 10.0L50.0 5.0L100.0 0.0'],
  ['a gap where the Pod restarted', [10, null, 10, 0], 10, 'M0.0 0.0M66.7 0.0L100.0 10.0'],
  ['one value', [3], 3, 'M0.0 0.0'],
  ['nothing', [], 0, ''],
])('%s', (_case, values, highest, path) => expect(linePath(values, highest, 100, 10)).toBe(path))

it('knows the largest value', () => expect([largest([1, null, 3]), largest([null])]).toEqual([3, 0]))
