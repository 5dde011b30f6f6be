import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { documentationUrl, REASON_GUIDES } from '@ack-secret-manager/resources'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
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

it('acksm explain knows the reason of every event', () => {
  const files = globSync('{packages/sync-engine,apps/operator}/src/**/*.ts', { cwd: ROOT })
  const said = files.filter((file) => !file.endsWith('.test.ts')).map(textOf)
  const reasons = new Set(
    said.flatMap((text) => [...text.matchAll(/\btype: .*, reason: '(\w+)'/g)].map(([, reason]) => reason)),
  )
  expect(reasons.size).toBeGreaterThan(4)
  const known = new Set<string | undefined>(REASON_GUIDES.map(({ reason }) => reason))
  expect([...reasons].filter((reason) => !known.has(reason))).toEqual([])
})

it('links of the CLI and of alerts lead to the repository of package.json', () => {
  const { repository } = JSON.parse(textOf('package.json')) as { repository: { url: string } }
  const address = repository.url.replace(/^git\+(.*)\.git$/, '$1')
  expect(documentationUrl('docs/runbooks.md')).toBe(`${address}/blob/main/docs/runbooks.md`)
  expect((parse(textOf('apps/operator/chart/Chart.yaml')) as { home: string }).home).toBe(address)
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
