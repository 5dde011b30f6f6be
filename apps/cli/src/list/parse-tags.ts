import { UsageError } from '@ack-secret-manager/command-line'

/** Tags by key; `true` matches any value. */
export type WantedTags = Readonly<Record<string, string | true>>

/** Tags of repeated `--tag KEY[=VALUE]`. @throws UsageError */
export function parseWantedTags(texts: readonly string[]): WantedTags {
  return parse(texts, (key, value) => [key, value ?? true])
}

/** Tags of repeated `--tag KEY=VALUE`. @throws UsageError */
export function parseTags(texts: readonly string[]): Readonly<Record<string, string>> {
  return parse(texts, (key, value) => {
    if (value === undefined) throw new UsageError(`--tag ${key}: expected KEY=VALUE`)
    return [key, value]
  })
}

function parse<T>(
  texts: readonly string[],
  entryOf: (key: string, value: string | undefined) => readonly [string, T],
): Readonly<Record<string, T>> {
  const tags = new Map<string, T>()
  for (const text of texts) {
    const at = text.indexOf('=')
    const [key, value] = at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
    if (key === '') throw new UsageError('--tag: expected KEY or KEY=VALUE, got no key')
    if (tags.has(key)) throw new UsageError(`--tag ${key}: given twice`)
    tags.set(...entryOf(key, value))
  }
  return Object.fromEntries(tags)
}
