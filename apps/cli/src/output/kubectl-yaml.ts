import { type Document, isScalar, visit } from 'yaml'

/** Characters that kubectl's parser takes for line breaks, or rejects, unless they are escaped. */
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/
const ALL_UNPRINTABLE = new RegExp(UNPRINTABLE, 'g')
/** Texts that kubectl's parser takes for numbers, such as 0o17, 1e3_ or 0_x7. Harmless texts such as 10.0.0.1 match too. */
const LIKE_A_NUMBER = /^[-+]?[._]*\d[-+.\w]*$/
const OF_A_NUMBER = /^[-+._\da-fxo]*$/i

/** YAML whose texts kubectl reads as the same texts: it has the YAML 1.1 parser of Go, which knows more numbers. */
export function kubectlYaml(document: Document): string {
  visit(document, {
    Scalar: (_key, scalar) => {
      if (isScalar(scalar) && typeof scalar.value === 'string' && needsQuotes(scalar.value, scalar.range !== undefined))
        scalar.type = 'QUOTE_DOUBLE'
    },
  })
  const text = document.toString({ lineWidth: 0, directives: false })
  return text.replaceAll(ALL_UNPRINTABLE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A text of a file keeps its layout, because kubectl reads it there in the same way. */
function needsQuotes(text: string, isOfFile: boolean): boolean {
  if (UNPRINTABLE.test(text)) return true
  if (isOfFile) return false
  // In a block, white space at its beginning would be taken for indentation.
  return /^\s*\t|^\s+$/.test(text) || (LIKE_A_NUMBER.test(text) && OF_A_NUMBER.test(text))
}
