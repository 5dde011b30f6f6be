/** Those of the canaries that a text holds: as they are, or in base64, hex or URL encoding, also as a part of something longer. */
export function findLeaks(text: string, canaries: readonly string[]): string[] {
  return canaries.filter((canary) => encodings(canary).some((encoded) => text.includes(encoded)))
}

function encodings(canary: string): string[] {
  const bytes = Buffer.from(canary)
  return [canary, encodeURIComponent(canary), bytes.toString('hex'), ...[0, 1, 2].map((at) => inBase64(bytes, at))]
}

/** What is sure to be in the base64 of anything that holds the bytes at an offset ≡ `at` (mod 3). */
function inBase64(bytes: Buffer, at: number): string {
  const encoded = Buffer.concat([Buffer.alloc(at), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const isWhole = (at + bytes.length) % 3 === 0
  return encoded.slice(at === 0 ? 0 : at + 1, isWhole ? undefined : -1)
}
