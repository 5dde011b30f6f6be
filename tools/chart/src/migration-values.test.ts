import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { JsonSchema } from './generators/json-schema.ts'
import { valuesSchema } from './generators/values-schema.ts'
import { ROOT } from './root.ts'

const guide = readFileSync(new URL('docs/guides/migrate-from-external-secrets.md', ROOT), 'utf8')
const [, table = ''] =
  /^\| External Secrets Operator +\| Here +\|\n(\| `installCRDs[^]*?)\n\n/m.exec(guide.replace(/^\| -.*\n/gm, '')) ?? []
const rows = table.split('\n').map((row) => row.split('|').slice(1, 3))
const codes = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

it.each(rows)('the guide names a value of the chart: %s → %s', (_theirs, ours = '') => {
  for (const name of codes(ours)) {
    const schema = name
      .split('.')
      .reduce<JsonSchema | undefined>((parent, key) => parent?.properties?.[key], valuesSchema())
    expect([name, schema !== undefined]).toEqual([name, true])
  }
})

it('the guide names no value that has the same name in both charts', () => {
  expect(rows.length).toBeGreaterThan(10)
  expect(rows.filter(([theirs = '', ours = '']) => codes(theirs).join() === codes(ours).join())).toEqual([])
})
