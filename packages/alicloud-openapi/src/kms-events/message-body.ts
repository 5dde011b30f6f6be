type Fields = Readonly<Record<string, unknown>>

/** SMQ limits a body to 65,536 bytes. */
const MAX_BODY_LENGTH = 65_536
/** Without two parts that match the same character, because a hostile body would take quadratic time. */
const BASE64 = /^[A-Za-z0-9+/\r\n]+={0,2}$/

/** The JSON object of a body, plain or in base64; undefined for anything else. */
export function parseBody(body: string): Fields | undefined {
  if (body.length > MAX_BODY_LENGTH) return undefined
  const text = body.trim()
  return (
    parseObject(text) ?? (BASE64.test(text) ? parseObject(Buffer.from(text, 'base64').toString('utf8')) : undefined)
  )
}

/** A JSON object without inherited properties. */
export function asObject(value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.assign(Object.create(null) as Record<string, unknown>, value)
}

/** A text that is not empty. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

function parseObject(text: string): Fields | undefined {
  try {
    return asObject(JSON.parse(text))
  } catch {
    // Drops the error, because it quotes the text.
    return undefined
  }
}
