import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const SOURCES = new URL('../', import.meta.url)
const PAGE = new URL('../../../../docs/reference/logs.md', import.meta.url)

const sources = globSync('**/*.ts', { cwd: SOURCES, exclude: (name) => name.endsWith('.test.ts') })
  .map((file) => readFileSync(new URL(file, SOURCES), 'utf8'))
  .join('\n')
const messages = [...readFileSync(PAGE, 'utf8').matchAll(/^\| `(\D[^`]+)` +\| (?:info|warn|error)\b/gm)].map(
  ([, message]) => message ?? '',
)

it('the reference page of log lines lists only messages that the operator writes', () => {
  expect(messages.length).toBeGreaterThan(15)
  const unknown = messages.filter((message) => !message.split('…').every((part) => sources.includes(part.trim())))
  expect(unknown).toEqual([])
})

it('the reference page of log lines lists each message that is written as a text', () => {
  const calls = sources.matchAll(/\blog\.(?:info|warn|error)\(\s*(?:\{[^}]*\},\s*|\w+,\s*)?(['`])(.+?)\1/g)
  const written = [...calls].map(([, , text = '']) => text.replaceAll(/\$\{[^}]*\}/g, '…'))
  expect(written.length).toBeGreaterThan(15)
  const isListed = (text: string): boolean => messages.some((message) => matches(message, text))
  expect(written.filter((text) => text !== '…' && !isListed(text))).toEqual([])
})

/** Whether the text is this message of the page, where … matches any text. */
function matches(message: string, text: string): boolean {
  const [start = '', ...rest] = message.split('…')
  return text.startsWith(start) && rest.every((part) => text.includes(part.trim()))
}
