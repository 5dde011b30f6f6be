import { expect, it } from 'vitest'
import { messagesOf } from './extract-messages.ts'

it.each<[string, string, object[]]>([
  [
    'an entry of a table, by the code of its helper',
    `const denied = (hint: string) => ({ code: 'AccessDenied', hint })
     const OFF = denied('the key is off')
     export const TABLE = { 'Rejected.Disabled': OFF, Inactive: OFF, Other: denied('not allowed: ' + 'ask') }`,
    [
      { text: 'the key is off', code: 'AccessDenied', remoteCodes: ['Rejected.Disabled', 'Inactive'] },
      { text: 'not allowed: ask', code: 'AccessDenied', remoteCodes: ['Other'] },
    ],
  ],
  [
    'a function of a table, and the beginning of a code',
    `export const TABLE = { Expired: clock }
     const PREFIXES = [['Time', clock]]
     function clock() { return { code: 'Timeout', hint: \`too late by \${minutes} min\` } }`,
    [{ text: 'too late by … min', code: 'Timeout', remoteCodes: ['Expired', 'Time…'] }],
  ],
  [
    'an error, without its subject, and with a constant of the file',
    `const LIMIT = 'use fewer'
     throw new SecretSyncError('TooLarge', \`\${what}: more than \${max} \${kind}: \${LIMIT}\`)`,
    [
      { text: 'use fewer', remoteCodes: [] },
      { text: 'more than … …: use fewer', code: 'TooLarge', remoteCodes: [] },
    ],
  ],
  ['no import, type, word, or end of another text', `import 'a b'; type T = 'a b'; f('word', ', which is late')`, []],
])('reads %s', (_what, source, messages) => {
  expect(messagesOf(source)).toEqual(messages)
})

it('reads only arguments of the given errors', () => {
  const source = `help('shows this text'); throw new UsageError(\`--\${a} and --\${b} cannot be combined\`)`
  expect(messagesOf(source, ['UsageError']).map(({ text }) => text)).toEqual(['--… and --… cannot be combined'])
  expect(messagesOf(source, ['InputError'])).toEqual([])
})
