import { readFileSync } from 'node:fs'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'
import { TEMPLATE_LIMITS } from './limits.ts'
import { WasmEngine } from './wasm-engine.ts'
import { compileModule } from './wasm-module.ts'

/** Functions of text/template itself, which the engine does not list. */
const BUILT_IN = 'and call eq ge gt index le len lt ne not or print println'.split(' ')

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const page = readFileSync(new URL('../../../docs/reference/template-functions.md', import.meta.url), 'utf8')

it('the example of the README runs unchanged and prints the documented output', async () => {
  const output = /```text\n([\s\S]*?)```/.exec(readme)?.[1]
  expect(await readmeExample(import.meta.url).run()).toBe(output)
})

it('the limits in the README equal those of the code', () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` +\| +([\d,]+) +\|/gm)].filter(
    ([, name = '']) => name in TEMPLATE_LIMITS,
  )
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value?.replaceAll(',', ''))]))).toEqual(
    TEMPLATE_LIMITS,
  )
})

it('the page of functions lists available functions, and why others are missing', async () => {
  const functions = [...(await WasmEngine.start(await compileModule())).functions()]
  const available = functions.filter(([, whyNot]) => whyNot === '').map(([name]) => name)
  const documented = rowsOf('Available').flatMap(([, cell = '']) => namesIn(cell))
  expect(new Set(documented)).toEqual(new Set([...available, ...BUILT_IN]))
  const removed = rowsOf('Not available').flatMap(([cell = '', why = '']) => namesIn(cell).map((name) => [name, why]))
  expect(Object.fromEntries(removed)).toEqual(Object.fromEntries(functions.filter(([, whyNot]) => whyNot !== '')))
})

/** Cells of the rows of the table below a heading. */
function rowsOf(heading: string): readonly string[][] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| '))
  return rows.slice(1).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
}
