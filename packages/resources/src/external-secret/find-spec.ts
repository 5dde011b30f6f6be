import { z } from 'zod'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { line, lineOrEmpty } from '../schema/text.ts'
import { replaceRuleSchema } from './replace-rule-spec.ts'
import { storeRef } from './store-ref-spec.ts'

const ONE_NAME = 'expected exactly one of regexp and prefix'
const NO_CONDITION = 'expected at least one of name, path and tags'

const findNameSchema = z
  .strictObject({
    regexp: field(line(LIMITS.rule).exactOptional(), {
      description: 'Regular expression (RE2) that some part of the name matches; `^` and `$` anchor it.',
      default: 'none; `prefix` is then required',
      example: '^app/.*-password$',
    }),
    prefix: field(line(LIMITS.kmsSecretName).exactOptional(), {
      description: 'Text that the name begins with.',
      default: 'none; `regexp` is then required',
      example: 'app/db-',
    }),
  })
  .readonly()
  .superRefine(({ regexp, prefix }, context) => {
    if ((regexp === undefined) === (prefix === undefined))
      context.addIssue({ code: 'custom', path: [], message: ONE_NAME })
  })

const findSchema = z
  .strictObject({
    name: field(findNameSchema.exactOptional(), {
      description: 'Condition on the names of secrets.',
      default: 'any name',
      example: { regexp: '^app/.*-password$' },
      rules: [
        {
          rule: "(has(self.regexp) && self.regexp != '') != (has(self.prefix) && self.prefix != '')",
          message: ONE_NAME,
        },
      ],
    }),
    path: field(line(LIMITS.kmsSecretName).exactOptional(), {
      description: 'Folder of the names: `app` matches `app/db` and `app/web/db`, but not `application`.',
      default: 'all names',
      example: 'app',
    }),
    tags: field(
      z
        .record(line(LIMITS.tag), lineOrEmpty(LIMITS.tag))
        .refine((tags) => Object.keys(tags).length <= LIMITS.findTags, `expected at most ${LIMITS.findTags} entries`)
        .readonly()
        .default({}),
      {
        description: 'Tags that a secret has, all of them with these values.',
        default: 'none',
        maxEntries: LIMITS.findTags,
        example: { team: 'web' },
      },
    ),
    maxSecrets: field(z.int().min(1).max(LIMITS.foundSecrets).default(LIMITS.foundSecrets), {
      description: 'Maximum number of secrets. If more match, none is added.',
      default: String(LIMITS.foundSecrets),
      example: 100,
      format: 'int32',
    }),
    secretStoreRef: field(storeRef('ExternalSecret').exactOptional(), {
      description: 'Store that lists and reads the secrets.',
      default: 'the operator identity',
      example: { name: 'kms' },
    }),
  })
  .readonly()
  .superRefine(({ name, path, tags }, context) => {
    if (name === undefined && path === undefined && Object.keys(tags).length === 0)
      context.addIssue({ code: 'custom', path: [], message: NO_CONDITION })
  })

/** One entry of `spec.dataFrom`. */
export const dataFromSchema = z
  .strictObject({
    find: field(findSchema, {
      description:
        'Which secrets to copy. Requires the permission `kms:ListSecrets`; `allow` of a store applies to each name.',
      rules: [
        {
          rule: "has(self.name) || (has(self.path) && self.path != '') || (has(self.tags) && size(self.tags) > 0)",
          message: NO_CONDITION,
        },
      ],
    }),
    rewrite: field(z.array(replaceRuleSchema).max(LIMITS.replaceRules).readonly().default([]), {
      description:
        'Rules that turn the name of a secret into its key, applied in order. Then `_` replaces each character that a key cannot have.',
      default: 'none',
    }),
  })
  .readonly()

/** Conditions of one entry of `spec.dataFrom`. */
export type FindSpec = z.output<typeof findSchema>
export type DataFromEntry = z.output<typeof dataFromSchema>
