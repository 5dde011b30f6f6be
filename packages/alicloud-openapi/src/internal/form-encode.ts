/** Percent-encodes as ACS3 wants it: all but letters, digits and `-_.~`. Alibaba Cloud, "V3 request body and signature". */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** `key=value&…`, in the order given: a form body. */
export function formEncode(params: Iterable<readonly [string, string]>): string {
  return [...params].map(([key, value]) => `${percentEncode(key)}=${percentEncode(value)}`).join('&')
}

/** The same, sorted by key as code units: the query of a signed request. */
export function canonicalQuery(params: ReadonlyMap<string, string>): string {
  return formEncode([...params].sort(([a], [b]) => (a < b ? -1 : 1)))
}
