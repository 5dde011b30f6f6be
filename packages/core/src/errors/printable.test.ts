import fc from 'fast-check'
import { expect, it } from 'vitest'
import { escapeControls, nameText } from './printable.ts'
import { SecretSyncError } from './secret-sync-error.ts'

it.each([
  ['plain text, 中文 👍', 'plain text, 中文 👍'],
  ['one\nERROR two\r\n\tthree', 'one\\nERROR two\\r\\n\\tthree'],
  ['\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
  ['\u009b31m\u007f', '\\u009b31m\\u007f'],
  ['\u202egnp.exe\u2028\u2029\ufeff', '\\u202egnp.exe\\u2028\\u2029\\ufeff'],
  ['\u{e0041}', '\\udb40\\udc41'],
])('escapes %j', (text, shown) => expect(escapeControls(text)).toBe(shown))

it('keeps JSON unchanged in meaning', () =>
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value)
      expect(JSON.parse(escapeControls(json))).toEqual(JSON.parse(json))
    }),
  ))

it.each([
  ['app/db', 'app/db'],
  ['acs:kms:cn-hangzhou:1234:secret/app/db', 'acs:kms:cn-hangzhou:1234:secret/app/db'],
  ['db: Synced; other', '"db: Synced; other"'],
  ['db\nERROR', '"db\\nERROR"'],
  ['\u001b[2J', '"\\u001b[2J"'],
  ['\u009b2J"', '"\\u009b2J\\""'],
  ['', '""'],
])('names %j as %s', (name, text) => expect(nameText(name)).toBe(text))

it('escapes control characters in messages', () =>
  expect(new SecretSyncError('NotFound', 'no \u001b[2Jsecret\nERROR').message).toBe('no \\u001b[2Jsecret\\nERROR'))
