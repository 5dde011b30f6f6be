import type { CommandIo } from '@ack-secret-manager/command-line'
import type { Finding } from './check.ts'

/** Marks of findings, and how other texts are shown. */
export interface Symbols {
  readonly marks: Readonly<Record<Finding['status'], string>>
  readonly arrow: string
  readonly text: (text: string) => string
}

const UNICODE: Symbols = { marks: { ok: '✓', failed: '✗', skipped: '–' }, arrow: '→', text: (text) => text }

/** ASCII for the typographic characters of our messages. */
const ASCII_TEXT: Readonly<Record<string, string>> = {
  '…': '...',
  '–': '-',
  '’': "'",
  '“': '"',
  '”': '"',
  '→': '->',
  '·': '-',
  '×': 'x',
  '≥': '>=',
}

const ASCII: Symbols = {
  marks: { ok: '[ok]', failed: '[x] ', skipped: '[-] ' },
  arrow: '->',
  text: (text) => text.replaceAll(/[^\p{ASCII}]/gu, (character) => ASCII_TEXT[character] ?? '?'),
}

/** Symbols that the terminal can show: plain ASCII unless the locale is UTF-8 (POSIX, "Environment Variables"). */
export function symbolsFor({ env }: Pick<CommandIo, 'env'>): Symbols {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '')
  return locale !== undefined && /utf-?8/i.test(locale) ? UNICODE : ASCII
}
