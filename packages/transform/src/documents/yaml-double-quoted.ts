import { CST, type Scalar } from 'yaml'

/** An escape sequence; an escaped line break together with the empty lines and the indentation after it. */
const ESCAPE = /\\(?:\r?\n((?:[ \t]*\r?\n)+)[ \t]*|[^])/g

/**
 * The text of a double-quoted scalar. YAML 1.2.2 (rule 112, `s-double-escaped`) keeps each empty line after an escaped
 * line break as a line feed; the library drops one of them.
 */
export function doubleQuotedText({ value, srcToken }: Scalar): unknown {
  if (srcToken?.type !== 'double-quoted-scalar') return value
  const { source } = srcToken
  if (!/\\\r?\n[ \t]*\r?\n/.test(source)) return value
  const explicit = source.replace(ESCAPE, (escape, emptyLines: string | undefined) =>
    emptyLines === undefined ? escape : '\\n'.repeat(emptyLines.split('\n').length - 1),
  )
  return CST.resolveAsScalar({ ...srcToken, source: explicit }).value
}
