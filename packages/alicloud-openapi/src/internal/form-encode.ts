/**
 * Percent-encodes for ACS3: everything except letters, digits and `-_.~`. Alibaba Cloud, "V3 request body and signature". A lone surrogate, as
 * in a name in YAML, has no UTF-8 form and becomes U+FFFD, as in Go.
 */
export function percentEncode(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\uFFFD')).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** A form body `key=value&…` in the given order. */
export function formEncode(params: Iterable<readonly [string, string]>): string {
  return [...params].map(([key, value]) => `${percentEncode(key)}=${percentEncode(value)}`).join('&')
}

/** The query of a signed request: sorted by key in code unit order. */
export function canonicalQuery(params: ReadonlyMap<string, string>): string {
  return formEncode([...params].sort(([a], [b]) => (a < b ? -1 : 1)))
}
