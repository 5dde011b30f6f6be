import { SecretSyncError } from '@ack-secret-manager/core'
import type { KeyRules } from './key-rules.ts'
import { TRANSFORM_LIMITS } from './limits.ts'
import { replaceAll } from './replace-all.ts'
import { shorten } from './shorten.ts'
import type { Budget } from './budget.ts'
import { WorkBudget } from './work-budget.ts'

/**
 * Applies the rules, in order, to the key names; values stay as they are, and so does the order of the keys.
 * @throws SecretSyncError `DuplicateKey` naming the keys that become one | `InvalidKey` for a name longer than
 * {@link TRANSFORM_LIMITS}.keyLength before or after a rule | `TooLarge` when the work of the resource goes over the limit
 */
export function rewriteKeys(
  entries: ReadonlyMap<string, Uint8Array>,
  rules: KeyRules,
  work: WorkBudget = new WorkBudget(),
): Map<string, Uint8Array> {
  const rewritten = new Map<string, Uint8Array>()
  const formerNames = new Map<string, string>()
  for (const [key, bytes] of entries) {
    const name = rewriteKey(key, rules, work.rules)
    const other = formerNames.get(name)
    if (other !== undefined) {
      const names = `${shorten(other)} and ${shorten(key)}`
      throw new SecretSyncError('DuplicateKey', `keys ${names} both become ${shorten(name)} by the replace rules`)
    }
    formerNames.set(name, key)
    rewritten.set(name, bytes)
  }
  return rewritten
}

function rewriteKey(key: string, { compiled }: KeyRules, budget: Budget): string {
  let name = checkLength(key)
  for (const rule of compiled) name = checkLength(replaceAll(name, rule, TRANSFORM_LIMITS.keyLength, budget))
  return name
}

function checkLength(name: string): string {
  if (name.length <= TRANSFORM_LIMITS.keyLength) return name
  throw new SecretSyncError(
    'InvalidKey',
    `the key name ${shorten(name)} is longer than ${TRANSFORM_LIMITS.keyLength} characters`,
  )
}
