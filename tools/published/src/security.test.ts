import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './workspaces.ts'

const TESTS_PAGE = 'docs/internals/security-tests.md'
const textOf = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')

const page = textOf('docs/security.md')
const threats = page
  .slice(page.indexOf('## Threats'), page.indexOf('## Hardening'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (Threat|-)/.test(line))
  .map((row) => row.split('|')[1]?.trim() ?? '')

/** Tests of a threat on the page of security tests, as file and name: `- [what](file)`, then ` - _name_` for each test of that file. */
function testsOf(threat: string, tests: string): ReadonlyArray<readonly [file: string, name: string]> {
  const [, afterTitle = ''] = tests.split(`\n### ${threat}\n`)
  const [section = ''] = afterTitle.split('\n##')
  return [...section.matchAll(/^- \[[^\]]+\]\(([^)]+)\)((?:\n {2}- _[^_]+_)+)$/gm)].flatMap(
    ([, file = '', names = '']) =>
      [...names.matchAll(/_([^_]+)_/g)].map(
        ([, name = '']) => [path.join(path.dirname(TESTS_PAGE), file), name] as const,
      ),
  )
}

function isTest([file, name]: readonly [file: string, name: string]): boolean {
  const where = path.join(ROOT, file)
  if (!existsSync(where)) return false
  const text = readFileSync(where, 'utf8')
  return [`'${name}'`, `"${name}"`, `\`${name}\``].some((quoted) => text.includes(quoted))
}

describe('the threats of docs/security.md', () => {
  const tests = textOf(TESTS_PAGE)

  it('are more than 20, and a missing test is found', () => {
    expect(threats.length).toBeGreaterThan(20)
    expect(
      testsOf(
        'a',
        '\n### a\n\n- [x](../y.ts)\n  - _one_\n  - _two_\n- [z](z.ts)\n  - _three_\n\n### b\n- [w](w.ts)\n  - _four_\n',
      ),
    ).toEqual([
      [path.join('docs', 'y.ts'), 'one'],
      [path.join('docs', 'y.ts'), 'two'],
      [path.join('docs/internals', 'z.ts'), 'three'],
    ])
    expect(isTest(['README.md', 'Ack'])).toBe(false)
    expect(isTest(['none.ts', 'does not exist'])).toBe(false)
  })

  it('are exactly the headings of the page of tests', () => {
    const headings = [...tests.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual(threats)
  })

  it.each(threats)('%s: has tests, which exist', (threat) => {
    const named = testsOf(threat, tests)
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((each) => !isTest(each))).toEqual([])
  })
})
