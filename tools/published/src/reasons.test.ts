import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from './workspaces.ts'

const textOf = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')

it.each([
  'AccessDenied',
  'AuthenticationFailed',
  'Degraded',
  'InvalidSpec',
  'PathNotFound',
  'SecretNotFound',
  'Stale',
  'StoreNotAllowed',
  'StoreNotFound',
  'TargetConflict',
  'TemplateError',
  'Unavailable',
])('the page on troubleshooting says what %s means, what to check and what to run', (reason) => {
  const [, section = ''] = textOf('docs/troubleshooting.md').split(`\n### ${reason}\n`)
  const [text = ''] = section.split('\n#')
  expect(text).toMatch(/^\n\S.*\n\n- Check: \S.*(?:\n  .*)*\n- Run: \S/)
})

it('the README leaves counting rows to the pages that have them', () => {
  expect(textOf('README.md')).not.toMatch(/\b\d+ (promises|rows|scenarios|situations|cases|reasons|metrics)\b/)
})

it('the page of reasons has every reason that a condition of the operator may have', () => {
  const speakers = globSync('apps/operator/src/controllers/**/*-status.ts', { cwd: ROOT })
  const said = speakers.map(textOf).join('\n')
  // Those of an ExternalSecret are a type, which the page is made of.
  const reasons = new Set([...said.matchAll(/\breason: '(\w+)'/g)].map(([, reason = '']) => reason))
  expect(reasons.size).toBeGreaterThan(4)
  const page = textOf('docs/reference/reasons.md')
  expect([...reasons].filter((reason) => !page.includes(`\`${reason}\``))).toEqual([])
})
