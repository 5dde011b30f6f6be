import { z } from 'zod'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { line, lineOrEmpty } from '../schema/text.ts'

/** A rule that renames keys. */
export const replaceRuleSchema = z
  .strictObject({
    source: field(line(LIMITS.rule), {
      description: 'Regular expression (RE2) that is matched against key names.',
      example: '^db_',
    }),
    target: field(lineOrEmpty(LIMITS.rule).default(''), {
      description: 'Replacement for matches; `$1` or `${name}` refer to groups.',
      default: 'nothing: matches are removed',
      example: 'DB_',
    }),
  })
  .readonly()

/** One renaming of keys. */
export type ReplaceRule = z.output<typeof replaceRuleSchema>
