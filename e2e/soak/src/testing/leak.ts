import { openSync } from 'node:fs'

// Preloaded into an operator, leaks memory with every document that the operator parses.

const EVERY = 5
/** 256 KiB. */
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
