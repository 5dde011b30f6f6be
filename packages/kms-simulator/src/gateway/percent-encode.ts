/** RFC 3986 encoding as both signature methods define it: all but letters, digits and `- _ . ~`, in upper-case hex. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** `key=value` pairs sorted by key (code units), encoded and joined by `&`; `without` is omitted. */
export function canonicalQuery(params: ReadonlyMap<string, string>, without?: string): string {
  const keys = [...params.keys()].filter((key) => key !== without).sort()
  return keys.map((key) => `${percentEncode(key)}=${percentEncode(params.get(key) ?? '')}`).join('&')
}
