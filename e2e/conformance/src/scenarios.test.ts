import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { nameOfRow } from './scenario-table.ts'
import { SCENARIOS_PAGE, scenariosPage } from './scenarios-page.ts'
import { TABLES } from './tables.ts'

const here = (file: string): URL => new URL(file, import.meta.url)

const tested = globSync('*.cluster.test.ts', { cwd: here('.') })
  .map((file) => readFileSync(here(file), 'utf8'))
  .join('')

describe('the reference page of scenarios', () => {
  it('lists every row as green (npm run generate -w e2e/conformance)', () => {
    expect(readFileSync(SCENARIOS_PAGE, 'utf8')).toBe(scenariosPage(() => 'green'))
  })

  it('shows a row that is not green', () => {
    const page = scenariosPage((_title, name) => (name === 'a value has changed' ? 'red' : 'green'))
    expect(page).toMatch(/^\| a value has changed \|.*\| ✗ \|$/m)
    const [, rows, green] = /^(\d+) rows, (\d+) green$/m.exec(page) ?? []
    expect(Number(rows) - Number(green)).toBe(1)
  })
})

describe('the tables', () => {
  it('include every steps file', () => {
    const files = globSync('*.steps.ts', { cwd: here('steps') }).map((file) => file.replace('.steps.ts', ''))
    expect(Object.keys(TABLES).toSorted()).toEqual(files.toSorted())
  })

  it.each(Object.entries(TABLES))('have a test for each row and a row for each test: %s', async (file, { rows }) => {
    const module = (await import(`./steps/${file}.steps.ts`)) as Readonly<Record<string, object>>
    const steps = Object.entries(module).filter(([name]) => name.endsWith('Steps'))
    expect(steps.map(([, each]) => Object.keys(each).toSorted())).toEqual([Object.keys(rows).toSorted()])
    expect(tested).toContain(`'./steps/${file}.steps.ts'`)
  })

  it.each(Object.entries(TABLES))('give each row a unique name in a valid Markdown cell: %s', (_file, table) => {
    const names = Object.keys(table.rows).map((id) => nameOfRow(table, id))
    expect(new Set(names).size).toBe(names.length)
    const cells = Object.values(table.rows).flatMap((row) => Object.values(row))
    expect(cells.filter((cell) => cell.trim() === '' || /[|\n]/.test(cell))).toEqual([])
  })
})
