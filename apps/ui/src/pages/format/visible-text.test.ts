import { expect, it } from 'vitest'
import { visibleText } from './visible-text.ts'

it.each([
  ['keeps text, tabs and lines', 'a\tb\nc é 凭据 👩 ‑ "<img>"', 'a\tb\nc é 凭据 👩 ‑ "<img>"'],
  ['shows overrides of the direction', 'abc\u202Efed\u2066x', 'abc‹U+202E›fed‹U+2066›x'],
  ['shows control characters', 'a\u0000b\u001B[31mc\u007F\u0085', 'a‹U+0000›b‹U+001B›[31mc‹U+007F›‹U+0085›'],
  ['shows characters without width', 'pay\u200Bpal\uFEFF\u00AD', 'pay‹U+200B›pal‹U+FEFF›‹U+00AD›'],
])('%s', (_rule, text, expected) => expect(visibleText(text)).toBe(expected))
