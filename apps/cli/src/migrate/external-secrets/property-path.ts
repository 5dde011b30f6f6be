/** A property of a secret as JMESPath, or why it cannot be converted. */
export type PropertyPath =
  | { readonly path: string; readonly hasIndex: boolean }
  | { readonly path: undefined; readonly why: string }

const INDEX = /^\d+$/
const PLAIN = /^[A-Za-z_]\w*$/

/**
 * Converts a gjson path, as in External Secrets Operator, to JMESPath. Supports names, list indices and `\` escapes, but no
 * patterns, queries, modifiers and pipes.
 */
export function jmesPathOf(property: string): PropertyPath {
  const segments: { text: string; escaped: boolean }[] = [{ text: '', escaped: false }]
  for (let at = 0; at < property.length; at += 1) {
    const character = property[at] ?? ''
    const segment = segments.at(-1)
    if (segment === undefined) break
    if (character === '\\' && at + 1 < property.length) {
      at += 1
      segment.text += property[at] ?? ''
      segment.escaped = true
    } else if (character === '.') segments.push({ text: '', escaped: false })
    else if ('*?#|'.includes(character) || (segment.text === '' && '@!{['.includes(character))) {
      return { path: undefined, why: `${JSON.stringify(character)} makes it more than a path` }
    } else segment.text += character
  }
  if (segments.some(({ text }) => text === '')) return { path: undefined, why: 'a name between its dots is missing' }
  const isIndex = ({ text, escaped }: (typeof segments)[number]): boolean => !escaped && INDEX.test(text)
  const path = segments
    .map((segment, index) => {
      const { text } = segment
      if (isIndex(segment)) return `[${Number(text)}]`
      return `${index === 0 ? '' : '.'}${PLAIN.test(text) ? text : JSON.stringify(text)}`
    })
    .join('')
  return { path, hasIndex: segments.some(isIndex) }
}
