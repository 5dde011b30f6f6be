import { isRecord } from '../../manifests/parse-objects.ts'
import { wholeName } from '../whole-name.ts'
import type { UpstreamCheck } from './check-store.ts'
import { pathOf } from './document-editor.ts'

/** Converts regular expressions of `spec.conditions`, which match anywhere in a name there, and the whole name here. */
export function checkConditions(
  { conditions }: Readonly<Record<string, unknown>>,
  { findings, editor }: Pick<UpstreamCheck, 'findings' | 'editor'>,
): void {
  for (const [at, condition] of listOf(conditions).entries()) {
    const regexes = isRecord(condition) ? listOf(condition['namespaceRegexes']) : []
    for (const [index, regex] of regexes.entries()) {
      if (typeof regex !== 'string' || regex === '' || wholeName(regex) === regex) continue
      const field = `spec.conditions[${at}].namespaceRegexes[${index}]`
      editor.set(pathOf(field), wholeName(regex))
      findings.changed(
        field,
        'it is converted to match anywhere in the name of a namespace, as in v0.6.7; v0.6.6 matched the whole name, as this operator does',
        'with v0.6.6 write the former one back: converted, it admits more namespaces',
      )
    }
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
