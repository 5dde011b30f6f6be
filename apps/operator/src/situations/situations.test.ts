import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { nameOfRow } from './situation-table.ts'
import { SITUATIONS_PAGE, situationsPage } from './situations-page.ts'
import { TABLES } from './tables.ts'

const here = (file: string): URL => new URL(file, import.meta.url)

const played = globSync('*.cluster.test.ts', { cwd: here('.') })
  .map((file) => readFileSync(here(file), 'utf8'))
  .join('')

describe('the page of situations', () => {
  it('has the rows that there are, all of them green (npm run generate -w @ack-secret-manager/operator)', () => {
    expect(readFileSync(SITUATIONS_PAGE, 'utf8')).toBe(situationsPage(() => 'green'))
  })

  it('shows a row that is not green', () => {
    const page = situationsPage((_title, name) => (name === 'a value has changed' ? 'red' : 'green'))
    expect(page).toMatch(/^\| a value has changed \|.*\| ✗ \|$/m)
    const [, rows, green] = /^(\d+) rows, (\d+) green$/m.exec(page) ?? []
    expect(Number(rows) - Number(green)).toBe(1)
  })
})

describe('the tables', () => {
  it('are all there', () => {
    const files = globSync('*.plays.ts', { cwd: here('.') }).map((file) => file.replace('.plays.ts', ''))
    expect(Object.keys(TABLES).toSorted()).toEqual(files.toSorted())
  })

  it.each(Object.entries(TABLES))('have a test for each row and a row for each test: %s', async (file, { rows }) => {
    const module = (await import(`./${file}.plays.ts`)) as Readonly<Record<string, object>>
    const plays = Object.entries(module).filter(([name]) => name.endsWith('Plays'))
    expect(plays.map(([, each]) => Object.keys(each).toSorted())).toEqual([Object.keys(rows).toSorted()])
    expect(played).toContain(`'./${file}.plays.ts'`)
  })

  it.each(Object.entries(TABLES))('name each row as no other, in a cell that Markdown takes: %s', (_file, table) => {
    const names = Object.keys(table.rows).map((id) => nameOfRow(table, id))
    expect(new Set(names).size).toBe(names.length)
    const cells = Object.values(table.rows).flatMap((row) => Object.values(row))
    expect(cells.filter((cell) => cell.trim() === '' || /[|\n]/.test(cell))).toEqual([])
  })
})
