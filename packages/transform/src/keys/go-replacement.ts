/** A part of a replacement: literal text, or the text of a group by number or name. */
export type ReplacementPart = string | { readonly group: number } | { readonly name: string }

/** `$name`, `${name}`; the name is the longest run of letters, digits and `_`, so `$1x` is `${1x}`. */
const REFERENCE = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u

/**
 * Parses a replacement as Go's `regexp.Expand` does (Go standard library, package regexp): `$$` is a dollar sign, and so is a dollar that
 * does not start a reference.
 */
export function parseReplacement(template: string): ReplacementPart[] {
  const parts: ReplacementPart[] = []
  let at = 0
  for (;;) {
    const dollar = template.indexOf('$', at)
    if (dollar < 0) break
    parts.push(template.slice(at, dollar))
    at = dollar + 1
    const reference = REFERENCE.exec(template.slice(at))
    if (reference) {
      parts.push(partOf(reference[1] ?? reference[2]!))
      at += reference[0].length
    } else {
      parts.push('$')
      if (template[at] === '$') at++
    }
  }
  parts.push(template.slice(at))
  return parts.filter((part) => part !== '')
}

/** A number without leading zeros refers to a group; above 1e8 Go treats it as a name. */
function partOf(name: string): ReplacementPart {
  return /^(?:0|[1-9][0-9]{0,8})$/.test(name) ? { group: Number(name) } : { name }
}
