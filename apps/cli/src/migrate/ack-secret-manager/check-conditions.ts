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
        'it must match the whole name of a namespace, and is converted; there it matched anywhere in the name',
        'keep the former one if it was meant so',
      )
    }
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
