import { expect, it } from 'vitest'
import { typedText } from './typed-text.ts'

it.each([
  ['soon', 'soon'],
  ['', '""'],
  ['x'.repeat(16), 'x'.repeat(16)],
  ['x'.repeat(17), '…'],
])('shows %j as %j', (text, shown) => expect(typedText(text)).toBe(shown))
