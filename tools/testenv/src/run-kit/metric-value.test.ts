import { expect, it } from 'vitest'
import { metricValue } from './metric-value.ts'

const PAGE = '# HELP lag x\n# TYPE lag gauge\nlag_max 3\nlag 0.0125\nother{a="b"} 7\n'

it('finds a metric by its whole name', () => {
  expect(metricValue(PAGE, 'lag')).toBe(0.0125)
  expect(metricValue(PAGE, 'la')).toBeNaN()
})
