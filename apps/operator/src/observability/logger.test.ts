import { expect, it } from 'vitest'
import { createLogger } from './logger.ts'

const linesOf = (format: 'json' | 'text', facts: object): string => {
  const lines: string[] = []
  createLogger({ format, level: 'info' }, { write: (line) => lines.push(line) }).info(facts, 'Secret written')
  return lines.join('')
}

it.each<[string, object, RegExp]>([
  [
    'starts with the resource',
    { reason: 'Synced', resource: 'shop/web', durationMs: 314 },
    /Z INFO {2}shop\/web: Secret written reason=Synced duration=314ms\n$/,
  ],
  ['starts with the store', { store: 'shop/kms' }, /Z INFO {2}shop\/kms: Secret written\n$/],
  [
    'quotes a text with spaces, such as an identity',
    { store: 'shop/kms', identity: 'AccessKey LTAI5t…', endpoint: 'kms.example:443', cluster: '' },
    /kms: Secret written identity="AccessKey LTAI5t…" endpoint=kms\.example:443 cluster=""\n$/,
  ],
  ['starts with the message if it concerns neither', { count: 3 }, /Z INFO {2}Secret written count=3\n$/],
])('a text line %s', (_rule, facts, line) => {
  expect(linesOf('text', facts)).toMatch(line)
})

it.each([
  ['SecretStore shop/kms: spec.KMS: x', 'SecretStore shop/kms: spec.KMS: x'],
  ['SecretStore shop/kms does not exist', 'SecretStore shop/kms does not exist'],
  ['SecretStore shop/kms2: x', 'SecretStore shop/kms: SecretStore shop/kms2: x'],
])('names its object once: %s', (message, text) => {
  const lines: string[] = []
  const log = createLogger({ format: 'text', level: 'info' }, { write: (line) => lines.push(line) })
  log.info({ store: 'SecretStore shop/kms' }, message)
  expect(lines[0]).toMatch(new RegExp(`INFO {2}${text}\n$`))
})

it('puts the resource into a field of the JSON line', () => {
  expect(JSON.parse(linesOf('json', { resource: 'shop/web' }))).toMatchObject({
    resource: 'shop/web',
    message: 'Secret written',
  })
})

const NAME = 'db\nERROR forged \u001b[2J\u009b1m\u202e'

it.each(['json', 'text'] as const)(
  'writes one line as %s without control characters, whatever the names contain',
  (format) => {
    const lines: string[] = []
    const log = createLogger({ format, level: 'info' }, { write: (line) => lines.push(line) })
    log.info({ resource: NAME, sources: [NAME] }, NAME)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^[^\p{Cc}\p{Cf}]+\n$/u)
    expect(lines[0]).toContain('db\\nERROR forged \\u001b[2J\\u009b1m\\u202e')
    const facts = format === 'json' ? (JSON.parse(lines[0] ?? '') as object) : {}
    expect(facts).toEqual(format === 'json' ? expect.objectContaining({ message: NAME, resource: NAME }) : {})
  },
)
