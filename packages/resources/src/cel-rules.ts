import type { z } from 'zod'
import { type CelRule, NOT_YET, type NotYetShape } from './field.ts'
import { formatPath } from './format-path.ts'
import { fieldsOf, metaOf } from './schema-tree.ts'

/** A rule as it stands in a CRD (`x-kubernetes-validations`). */
export interface ValidationRule extends CelRule {
  readonly reason?: 'FieldValueForbidden'
}

/** Names that CEL keeps for itself; the API server gives such fields other ones (Kubernetes, "Validation rules"). */
const RESERVED = new Set(
  `true false null in as break const continue else for function if import let loop package namespace return var void while`.split(
    ' ',
  ),
)

/** The rules at `schema`, which lies at `path`: its own, and one for each field below it that does not exist yet. */
export function validationRules(schema: z.ZodType, path: readonly string[]): readonly ValidationRule[] {
  const meta = metaOf(schema)
  const rules: ValidationRule[] = []
  for (const [name, field] of fieldsOf(schema) ?? []) {
    const shape = metaOf(field)?.notYet
    if (shape === undefined) continue
    rules.push({
      rule: `!has(self.${celName(name)})${orAsksForNothing(shape, `self.${celName(name)}`)}`,
      message: `${formatPath([...path, name])} is ${NOT_YET}`,
      fieldPath: `.${name}`,
      reason: 'FieldValueForbidden',
    })
  }
  return [...rules, ...(meta?.rules ?? [])]
}

function celName(name: string): string {
  return RESERVED.has(name) ? `__${name}__` : name
}

function orAsksForNothing(shape: NotYetShape, self: string): string {
  switch (shape) {
    case 'string':
      return ` || ${self} == ''`
    case 'boolean':
      return ` || !${self}`
    case 'list':
      return ` || size(${self}) == 0`
    case 'object':
      return ''
  }
}
