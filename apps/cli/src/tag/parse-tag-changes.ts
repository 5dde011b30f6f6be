import { UsageError } from '@ack-secret-manager/command-line'
import { nameText } from '@ack-secret-manager/core'

/** Changes of tags. */
export interface TagChanges {
  readonly set: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

/** Reads `KEY=VALUE` and `KEY-` as kubectl label does. Pure. @throws UsageError */
export function parseTagChanges(texts: readonly string[]): TagChanges {
  const changes = new Map<string, string | undefined>()
  for (const text of texts) {
    const [, key = '', value] = /^([^=]*)=([^]*)$/.exec(text) ?? /^([^]*)-$/.exec(text) ?? []
    if (key === '') throw new UsageError(`tag ${nameText(text)}: expected KEY=VALUE or KEY-`)
    if (changes.has(key)) throw new UsageError(`tag ${nameText(key)}: given twice`)
    changes.set(key, value)
  }
  const all = [...changes]
  return {
    set: Object.fromEntries(all.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
    remove: all.flatMap(([key, value]) => (value === undefined ? [key] : [])),
  }
}
