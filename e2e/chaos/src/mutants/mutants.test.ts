import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { expect, it } from 'vitest'
import { mutate } from './mutant.ts'
import { MUTANTS } from './mutants.ts'

const ROOT = new URL('../../../../', import.meta.url)

it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  'occurs exactly once in its file: %s',
  (_name, mutant) => {
    const source = readFileSync(new URL(mutant.file, ROOT), 'utf8')
    // A mutant that does not parse would fail every test.
    expect(stripTypeScriptTypes(mutate(source, mutant))).not.toBe(stripTypeScriptTypes(source))
  },
)

it('has at least nine mutants with unique names', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(9)
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
})

it('names the file to adapt when the text is missing', () => {
  const mutant = { name: 'x', file: 'y.ts', search: 'z', replacement: '' }
  expect(() => mutate('a', mutant)).toThrow('mutant "x": its text occurs 0 times in y.ts')
})
