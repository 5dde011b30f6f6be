import { expect, it } from 'vitest'
import { PAGE_BYTES, withMemoryMaximum } from './memory-maximum.ts'

/** A module of one section: a memory of 1 page, exported as `m`. */
const PREAMBLE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const MODULE = Uint8Array.from([...PREAMBLE, 5, 3, 1, 0, 1, 7, 5, 1, 1, 0x6d, 2, 0])

it('a module with a maximum grows to it and not beyond', async () => {
  const limited = withMemoryMaximum(MODULE, 300 * PAGE_BYTES)
  const { instance } = await WebAssembly.instantiate(limited as Uint8Array<ArrayBuffer>)
  const memory = instance.exports.m as WebAssembly.Memory
  memory.grow(299)
  expect(() => memory.grow(1)).toThrow(RangeError)
})

it.each([
  ['a maximum', /without a maximum/, withMemoryMaximum(MODULE, PAGE_BYTES)],
  ['no memory', /no memory/, MODULE.subarray(0, PREAMBLE.length)],
])('a module with %s is refused', (_what, message, module) => {
  expect(() => withMemoryMaximum(module, PAGE_BYTES)).toThrow(message)
})
