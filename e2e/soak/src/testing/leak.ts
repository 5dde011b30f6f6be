import { openSync } from 'node:fs'

// Preloaded into an operator: of its work something is never given back. Each document that it parses is a bit of work.

const EVERY = 5
/** A quarter of a mebibyte. */
const NUMBERS = 32_768
const HOUR_MS = 3_600_000

const kept: unknown[] = []
const parse = JSON.parse.bind(JSON)
let count = 0

JSON.parse = (...args: Parameters<typeof parse>): unknown => {
  count += 1
  if (count % EVERY === 0) {
    kept.push(Array(NUMBERS).fill(count))
    openSync('/dev/null', 'r')
    setTimeout(() => undefined, HOUR_MS)
  }
  return parse(...args)
}
