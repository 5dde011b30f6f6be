const PREAMBLE_BYTES = 8
const MEMORY_SECTION = 5
export const PAGE_BYTES = 65_536

/**
 * Gives the one memory of a WebAssembly module a maximum, which Go's linker does not.
 * @throws Error for a module without exactly one memory, or with a maximum
 */
export function withMemoryMaximum(module: Uint8Array, maximumBytes: number): Uint8Array {
  let at = PREAMBLE_BYTES
  while (at < module.length) {
    const id = module[at]
    const size = readNumber(module, at + 1)
    const end = size.next + size.value
    if (id === MEMORY_SECTION) {
      const count = readNumber(module, size.next)
      const hasMaximum = module[count.next]
      if (count.value !== 1 || hasMaximum !== 0) throw new Error('one memory without a maximum is expected')
      const minimum = readNumber(module, count.next + 1)
      const content = [1, 1, ...number(minimum.value), ...number(maximumBytes / PAGE_BYTES)]
      return Buffer.concat([
        module.subarray(0, at),
        Uint8Array.from([MEMORY_SECTION, ...number(content.length), ...content]),
        module.subarray(end),
      ])
    }
    at = end
  }
  throw new Error('the module has no memory')
}

/** Reads an unsigned LEB128 number. */
function readNumber(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let value = 0
  for (let factor = 1, next = at; ; factor *= 128, next += 1) {
    const byte = bytes[next] ?? 0
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return { value, next: next + 1 }
  }
}

function number(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(Math.floor(value / 128))]
}
