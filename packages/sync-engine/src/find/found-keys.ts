import { isSecretSyncError, nameText, SecretSyncError } from '@ack-secret-manager/core'
import { isSecretKey, LIMITS } from '@ack-secret-manager/resources'
import { type KeyRules, rewriteKeys, type WorkBudget } from '@ack-secret-manager/transform'

const NO_BYTES = new Uint8Array()

/**
 * Returns the key of a found secret: its name after the rules, with `_` for invalid characters; an `InvalidKey` error if the result is no key.
 * @throws SecretSyncError `TooLarge` when the work exceeds its limit
 */
export function foundKey(
  name: string,
  { rules, field }: { readonly rules: KeyRules | undefined; readonly field: string },
  work: WorkBudget,
): string | SecretSyncError {
  const key = rewritten(name, rules, work).replace(/[^\w.-]/g, '_')
  if (isSecretKey(key)) return key
  const maximum = LIMITS.kubernetesName
  const what = key.length > maximum ? `longer than ${maximum} characters` : JSON.stringify(key)
  const why = `${field}: the key of secret ${nameText(name)} is ${what}; change the rules of rewrite`
  return new SecretSyncError('InvalidKey', why, { facts: { field } })
}

function rewritten(name: string, rules: KeyRules | undefined, work: WorkBudget): string {
  if (rules === undefined) return name
  try {
    const [key = ''] = rewriteKeys(new Map([[name, NO_BYTES]]), rules, work).keys()
    return key
  } catch (error) {
    if (isSecretSyncError(error) && error.code === 'InvalidKey') return ''
    throw error
  }
}
