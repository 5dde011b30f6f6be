import { z } from 'zod'
import { containerRegistrySchema, stsTokenSchema } from './token-spec.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { renewalInterval, renewalIntervalRules, secretKey, text } from '../schema/text.ts'

const passwordSchema = z
  .strictObject({
    length: field(z.int().min(LIMITS.minPasswordLength).max(LIMITS.maxPasswordLength).default(32), {
      description: 'Number of characters.',
      default: '32',
      example: 24,
      format: 'int32',
    }),
    classes: field(
      z
        .array(z.enum(['Lower', 'Upper', 'Digits', 'Symbols']))
        .max(LIMITS.passwordClasses)
        .readonly()
        .exactOptional(),
      {
        description:
          'Classes of characters, each of which occurs at least once. The symbols are `-._~`; with `alphabet`, all of its symbols.',
        default: '`Lower`, `Upper` and `Digits`; none if `alphabet` is set',
        example: ['Lower', 'Upper', 'Digits', 'Symbols'],
      },
    ),
    alphabet: field(
      text(LIMITS.passwordAlphabet)
        .regex(/^[!-~]{10,}$/, { error: 'expected at least 10 printable ASCII characters without spaces' })
        .exactOptional(),
      {
        description: 'Characters that may occur, each once.',
        default: 'the characters of `classes`',
        example: '0123456789abcdef',
        invalidExample: { alphabet: '0123456789', classes: ['Upper'] },
      },
    ),
    rotationInterval: field(renewalInterval().exactOptional(), {
      description: 'Age at which a new password replaces it, as a Go duration from 1h to 87600h.',
      default: 'never',
      example: '720h',
      rules: renewalIntervalRules,
    }),
    onSettingsChange: field(z.enum(['Keep', 'Generate']).default('Keep'), {
      description:
        'What a change of `length`, `classes` or `alphabet` does to an existing password. `Keep`: it applies to the next rotation. `Generate`: a new password.',
      default: 'Keep',
      example: 'Generate',
    }),
  })
  .readonly()

const GENERATORS = ['password', 'containerRegistry', 'stsToken'] as const

export const ONE_GENERATOR = `expected exactly one of ${GENERATORS.join(', ')}`

/** An entry of `spec.generate`. */
export const generateSchema = field(
  z
    .strictObject({
      name: field(secretKey(), {
        description: 'Key in the Secret. An existing password is kept, so that an adopted Secret keeps its password.',
        example: 'password',
        invalidExample: { name: '..', password: {} },
      }),
      password: field(passwordSchema.exactOptional(), {
        description: 'A random password. `{}` for the defaults.',
        default: 'none',
        example: {},
      }),
      containerRegistry: field(containerRegistrySchema.exactOptional(), {
        description:
          'Tokens of Container Registry as a document for `.dockerconfigjson`, renewed at two thirds of their life.',
        default: 'none',
      }),
      stsToken: field(stsTokenSchema.exactOptional(), {
        description:
          'Session of a RAM role, a JSON object of `AccessKeyId`, `AccessKeySecret`, `SecurityToken` and `Expiration`, renewed at two thirds of its life.',
        default: 'none',
      }),
    })
    .superRefine((entry, context) => {
      const given = GENERATORS.filter((name) => entry[name] !== undefined)
      if (given.length !== 1)
        context.addIssue({ code: 'custom', path: [given[1] ?? 'password'], message: ONE_GENERATOR })
    })
    .readonly(),
  {
    description: 'A key whose value is generated and stored in the Secret only.',
    rules: [
      {
        rule: `[${GENERATORS.map((name) => `has(self.${name})`).join(', ')}].filter(one, one).size() == 1`,
        message: ONE_GENERATOR,
      },
    ],
  },
)

export type GenerateEntry = z.output<typeof generateSchema>

/** Whether the value of an entry expires. */
export function isTokenEntry({ containerRegistry, stsToken }: Partial<GenerateEntry>): boolean {
  return containerRegistry !== undefined || stsToken !== undefined
}
