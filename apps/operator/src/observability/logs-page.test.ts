import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const SOURCES = new URL('../', import.meta.url)
const PAGE = new URL('../../../../docs/reference/logs.md', import.meta.url)

it('the reference page of log lines lists only messages that the operator writes', () => {
  const sources = globSync('**/*.ts', { cwd: SOURCES, exclude: (name) => name.endsWith('.test.ts') })
    .map((file) => readFileSync(new URL(file, SOURCES), 'utf8'))
    .join('\n')
  const messages = [...readFileSync(PAGE, 'utf8').matchAll(/^\| `(\D[^`]+)` +\| (?:info|warn|error)\b/gm)].map(
    ([, message]) => message ?? '',
  )
  expect(messages.length).toBeGreaterThan(15)
  const unknown = messages.filter((message) => !message.split('…').every((part) => sources.includes(part.trim())))
  expect(unknown).toEqual([])
})
