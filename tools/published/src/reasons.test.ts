import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from './workspaces.ts'

const textOf = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')

it('the page of reasons has every reason that a condition of the operator may have', () => {
  const speakers = globSync('apps/operator/src/controllers/*-status.ts', { cwd: ROOT })
  const said = speakers.map(textOf).join('\n')
  // Those of an ExternalSecret are a type, which the page is made of.
  const reasons = new Set([...said.matchAll(/\breason: '(\w+)'/g)].map(([, reason = '']) => reason))
  expect(reasons.size).toBeGreaterThan(4)
  const page = textOf('docs/reference/reasons.md')
  expect([...reasons].filter((reason) => !page.includes(`\`${reason}\``))).toEqual([])
})
