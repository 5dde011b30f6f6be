import { z } from 'zod'
import type { AllowStatement } from '../gateway/policy.ts'
import { optional, type Params } from '../kms/params.ts'
import { wronglyFormed } from './session-params.ts'

const MAX_LENGTH = 2_048

const oneOrMore = z.union([z.string(), z.array(z.string()).min(1)])

const policySchema = z.object({
  Version: z.literal('1'),
  Statement: z
    .array(
      z.object({ Effect: z.literal('Allow'), Action: oneOrMore, Resource: oneOrMore, Condition: z.never().optional() }),
    )
    .min(1),
})

/**
 * The inline policy that restricts a session. Deny statements and conditions are not supported and are refused, because ignoring them would
 * allow too much.
 * @throws ApiError `InvalidParameter.PolicySize` | `InvalidParameter.PolicyGrammar`
 */
export function sessionPolicyOf(params: Params): AllowStatement[] | undefined {
  const text = optional(params, 'Policy')
  if (text === undefined) return undefined
  if (text.length > MAX_LENGTH) {
    throw wronglyFormed('PolicySize', `The size of Policy must be no more than ${MAX_LENGTH} bytes.`)
  }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    document = undefined
  }
  const result = policySchema.safeParse(document)
  if (!result.success) {
    throw wronglyFormed('PolicyGrammar', 'The parameter Policy has not passed grammar check.')
  }
  return result.data.Statement.map(({ Action, Resource }) => ({
    actions: [Action].flat(),
    resources: [Resource].flat(),
  }))
}
