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
])('the troubleshooting page has meaning, checks and commands for %s', (reason) => {
  const [, section = ''] = textOf('docs/troubleshooting.md').split(`\n### ${reason}\n`)
  const [text = ''] = section.split('\n#')
  expect(text).toMatch(/^\n\S.*\n\n- Check: \S.*(?:\n  .*)*\n- Run: \S/)
})

it('the README does not count rows of other pages', () => {
  expect(textOf('README.md')).not.toMatch(/\b\d+ (promises|rows|scenarios|situations|cases|reasons|metrics)\b/)
})

it('the page of reasons has every reason of a condition', () => {
  const speakers = globSync('apps/operator/src/controllers/**/*-status.ts', { cwd: ROOT })
  const said = speakers.map(textOf).join('\n')
  // The page is generated from the type of the reasons of an ExternalSecret.
  const reasons = new Set([...said.matchAll(/\breason: '(\w+)'/g)].map(([, reason = '']) => reason))
  expect(reasons.size).toBeGreaterThan(4)
  const page = textOf('docs/reference/reasons.md')
  expect([...reasons].filter((reason) => !page.includes(`\`${reason}\``))).toEqual([])
})
