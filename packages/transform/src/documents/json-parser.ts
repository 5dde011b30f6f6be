import { SecretSyncError } from '@ack-secret-manager/core'
import { type DocumentNode, FALSE, NULL, Scalar, TRUE } from './document.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'
import { wellFormed } from './well-formed.ts'

/** Position and cause of a JSON syntax error. `expected` names the grammar only and never quotes the text. */
export class JsonSyntaxError extends Error {
  readonly offset: number

  constructor(expected: string, offset: number) {
    super(`expected ${expected}`)
    this.offset = offset
  }
}

/** Exactly the number grammar of RFC 8259. */
export const JSON_NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
const LITERALS = [
  ['true', TRUE],
  ['false', FALSE],
  ['null', NULL],
] as const

/**
 * Parses strict JSON (RFC 8259) without losing a digit, a member's order or an odd member name.
 * Of members with the same name the last one wins, as in Go.
 * @throws JsonSyntaxError where the text is not JSON
 * @throws SecretSyncError `TooLarge` when nested deeper than {@link TRANSFORM_LIMITS}.documentDepth
 */
export function parseJson(text: string): DocumentNode {
  return new JsonParser(text).parse()
}

class JsonParser {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): DocumentNode {
    const node = this.#value()
    this.#space()
    if (this.#at < this.#text.length) throw this.#expected('the end of the document')
    return node
  }

  #value(): DocumentNode {
    this.#space()
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object()
      case '[':
        return this.#array()
      case '"':
        return this.#string()
      default:
        return this.#scalar()
    }
  }

  #object(): DocumentNode {
    const members = new Map<string, DocumentNode>()
    this.#enter()
    if (this.#leave('}')) return members
    for (;;) {
      this.#space()
      if (this.#text[this.#at] !== '"') throw this.#expected('a member name in double quotes')
      const name = this.#string()
      this.#space()
      if (this.#text[this.#at] !== ':') throw this.#expected('a colon after the member name')
      this.#at++
      members.set(name, this.#value())
      if (this.#leave('}')) return members
      this.#comma('a comma or }')
    }
  }

  #array(): DocumentNode {
    const items: DocumentNode[] = []
    this.#enter()
    if (this.#leave(']')) return items
    for (;;) {
      items.push(this.#value())
      if (this.#leave(']')) return items
      this.#comma('a comma or ]')
    }
  }

  #enter(): void {
    this.#at++
    if (++this.#depth > TRANSFORM_LIMITS.documentDepth) {
      throw new SecretSyncError(
        'TooLarge',
        `the document is nested deeper than ${TRANSFORM_LIMITS.documentDepth} levels`,
      )
    }
  }

  #leave(bracket: '}' | ']'): boolean {
    this.#space()
    if (this.#text[this.#at] !== bracket) return false
    this.#at++
    this.#depth--
    return true
  }

  #comma(expected: string): void {
    if (this.#text[this.#at] !== ',') throw this.#expected(expected)
    this.#at++
  }

  #string(): string {
    let from = ++this.#at
    let done = ''
    for (; this.#at < this.#text.length; this.#at++) {
      const unit = this.#text.charCodeAt(this.#at)
      if (unit === 0x22) {
        const last = this.#text.slice(from, this.#at++)
        return done === '' ? last : wellFormed(done + last)
      }
      if (unit < 0x20) throw this.#expected('control characters in a string to be escaped')
      if (unit !== 0x5c) continue
      done += this.#text.slice(from, this.#at) + this.#escape()
      from = this.#at + 1
    }
    throw this.#expected('a closing quote')
  }

  /** From the backslash to the last unit of the escape. */
  #escape(): string {
    const letter = this.#text[++this.#at] ?? ''
    if (letter === 'u') {
      const hex = this.#text.slice(this.#at + 1, this.#at + 5)
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.#expected('four hexadecimal digits')
      this.#at += 4
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    const char = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
    if (char === undefined) throw this.#expected('a known escape')
    return char
  }

  #scalar(): Scalar {
    for (const [word, node] of LITERALS) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return node
    }
    JSON_NUMBER.lastIndex = this.#at
    const digits = JSON_NUMBER.exec(this.#text)?.[0]
    if (digits === undefined) throw this.#expected('a value')
    this.#at += digits.length
    return new Scalar('number', digits)
  }

  #space(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const unit = this.#text.charCodeAt(this.#at)
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return
    }
  }

  #expected(what: string): JsonSyntaxError {
    return new JsonSyntaxError(what, this.#at)
  }
}
