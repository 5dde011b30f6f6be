import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './workspaces.ts'

const PAGE = 'docs/security.md'
const page = readFileSync(path.join(ROOT, PAGE), 'utf8')
const threats = page
  .slice(page.indexOf('## Threats'), page.indexOf('## How a pod'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (Threat|-)/.test(line))

/** Tests that a row names, as `[what](file) _name_, _name_`: file and name of each. */
function testsOf(row: string): ReadonlyArray<readonly [file: string, name: string]> {
  return [...row.matchAll(/\]\(([^)]+)\)((?:,? _[^_]+_)+)/g)].flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/_([^_]+)_/g)].map(([, name = '']) => [path.join('docs', file), name] as const),
  )
}

function isTest([file, name]: readonly [file: string, name: string]): boolean {
  const where = path.join(ROOT, file)
  if (!existsSync(where)) return false
  const text = readFileSync(where, 'utf8')
  return [`'${name}'`, `"${name}"`, `\`${name}\``].some((quoted) => text.includes(quoted))
}

describe('the threats of docs/security.md', () => {
  it('are there, and a test that is not is missed', () => {
    expect(threats.length).toBeGreaterThan(20)
    expect(testsOf('| a | b | [x](../y.ts) _one_, _two_; [z](z.ts) _three_ |')).toEqual([
      ['y.ts', 'one'],
      ['y.ts', 'two'],
      [path.join('docs', 'z.ts'), 'three'],
    ])
    expect(isTest(['README.md', 'Ack'])).toBe(false)
    expect(isTest(['none.ts', 'is there'])).toBe(false)
  })

  it.each(threats.map((row) => [row.split('|')[1]?.trim(), row]))('%s: has tests, which exist', (_threat, row) => {
    const named = testsOf(row)
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((each) => !isTest(each))).toEqual([])
  })
})
