import type { RenderRequest } from '@ack-secret-manager/core'
import { TEMPLATE_LIMITS } from './limits.ts'
import { plainText } from './plain-text.ts'

const encoder = new TextEncoder()

/**
 * A request as the engine reads it: 32-bit little-endian numbers, texts as length and bytes, lists as length and items. The
 * other side is go/wasm/wire.go.
 */
export function encodeRequest(request: RenderRequest, { verbose = false } = {}): Uint8Array<ArrayBuffer> {
  const templates = request.templates.flatMap((template) =>
    [template.name, plainText(template)].map((each) => encoder.encode(each)),
  )
  const data = [...request.data].flatMap(([key, value]) => [encoder.encode(key), value.expose()])
  return concatenate([
    number(verbose ? 1 : 0),
    number(TEMPLATE_LIMITS.outputBytes),
    ...texts([encoder.encode(request.seed)]),
    number(request.templates.length),
    ...texts(templates),
    number(request.data.size),
    ...texts(data),
  ])
}

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

function texts(all: readonly Uint8Array[]): readonly Uint8Array[] {
  return all.flatMap((each) => [number(each.length), each])
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
