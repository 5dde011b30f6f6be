import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { expect, it } from 'vitest'
import { mutate } from './mutant.ts'
import { MUTANTS } from './mutants.ts'

const ROOT = new URL('../../../../', import.meta.url)

it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('still finds its text: %s', (_name, mutant) => {
  const source = readFileSync(new URL(mutant.file, ROOT), 'utf8')
  // One that does not even parse would be noticed by anything.
  expect(stripTypeScriptTypes(mutate(source, mutant))).not.toBe(stripTypeScriptTypes(source))
})

it('has at least fifteen of them, each under a name of its own', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(15)
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
})

it('says what to do about a text that is gone', () => {
  const mutant = { name: 'x', file: 'y.ts', search: 'z', replacement: '' }
  expect(() => mutate('a', mutant)).toThrow('mutant "x": its text is 0 times in y.ts')
})
