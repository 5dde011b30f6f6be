import type { GenerateEntry } from '@ack-secret-manager/resources'
import { expect, it } from 'vitest'
import { createGenerator } from './create-generator.ts'

const { signal } = new AbortController()
const entry = (password: Partial<GenerateEntry['password']> = {}): GenerateEntry => ({
  name: 'password',
  password: { length: 32, onSettingsChange: 'Keep', ...password },
})

it('creates the generator of a password with all its settings', async () => {
  const hex = '0123456789abcdef'
  const generator = createGenerator(
    entry({ length: 20, alphabet: hex, rotationInterval: '720h', onSettingsChange: 'Generate' }),
  )
  expect(generator).toMatchObject({ kind: 'password', renewAfterMs: 2_592_000_000, renewsOnChange: true })
  expect(Buffer.from((await generator.generate({ signal })).expose()).toString()).toMatch(/^[0-9a-f]{20}$/)
  const defaults = createGenerator(entry())
  expect(defaults).toMatchObject({ kind: 'password', renewsOnChange: false })
  expect(defaults.renewAfterMs).toBeUndefined()
  expect(Buffer.from((await defaults.generate({ signal })).expose()).toString()).toMatch(/^[A-Za-z0-9]{32}$/)
})

it.each([
  [{ classes: ['Symbols'] }, 'password.classes: expected at least 10 characters, got 4'],
  [{ alphabet: '0123456789', classes: ['Upper'] }, 'password.alphabet: it has no character of the class Upper'],
  [{ alphabet: '01234567890' }, 'password.alphabet: expected each character once'],
] satisfies [Partial<GenerateEntry['password']>, string][])('refuses %j', (password, message) => {
  const [field = ''] = message.split(':')
  expect(() => createGenerator(entry(password))).toThrow(
    expect.objectContaining({ code: 'InvalidSpec', message, facts: expect.objectContaining({ field }) as unknown }),
  )
})
