import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type TypedShape, typedText } from './typed-text.ts'

const SHAPES: readonly TypedShape[] = ['word', 'quantity', 'names']

it.each<[TypedShape, string]>([
  ['word', 'loud'],
  ['word', '__proto__'],
  ['quantity', 'soon'],
  ['quantity', '12x'],
  ['quantity', '-1'],
  ['quantity', '120 seconds'],
  ['quantity', '99999'],
  ['names', 'https://kms.cn-hangzhou.aliyuncs.com/'],
  ['names', 'kms.internal:port'],
  ['names', '[::1]:x'],
  ['names', 'a-very-long-name-of-a-namespace,web,One_Bad'],
  ['names', '@Example/package'],
  ['names', 'a**b'],
])('of a %s shows %j', (shape, text) => expect(typedText(text, shape)).toBe(text))

it.each<[TypedShape, string]>([
  ['word', 'hunter2'],
  ['word', 'x'.repeat(21)],
  ['quantity', 'Hunter2pass'],
  ['quantity', '2'.repeat(26)],
  ['names', 'KfZ9mQ2vB7nR4tYcW8xLp3sHdJ6gAe'],
  ['names', 'Hunter2pass'],
  ['names', 'Sup3rS3cretPassw0rd'],
  ['names', 'https://tom:hunter2@kms.internal/'],
  ['names', 'kms.internal?token=hunter'],
  ['names', 'two words'],
  ['names', 'x'.repeat(101)],
])('of a %s does not show %j', (shape, text) => expect(typedText(text, shape)).toBe('…'))

it.each(SHAPES)('names what is empty, for a %s', (shape) => expect(typedText('', shape)).toBe('""'))

it('shows no secret of an AccessKey and no token, whatever the flag', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/=]{10,90}aB7$/)
  fc.assert(
    fc.property(secret, fc.constantFrom(...SHAPES), (text, shape) => {
      expect(typedText(text, shape)).toBe('…')
    }),
  )
})
