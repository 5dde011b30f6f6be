import { SecretSyncError } from '@ack-secret-manager/core'
import type { KeyRules } from './key-rules.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'
import { replaceAll } from './replace-all.ts'
import type { Budget } from '../budget.ts'
import { WorkBudget } from '../work-budget.ts'

/**
 * Applies the rules to the key names in order. Values and the order of the keys do not change.
 * @throws SecretSyncError `DuplicateKey` naming the keys that become equal | `InvalidKey` for a name longer than
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
    const number = rewritten.size + 1
    const name = rewriteKey(key, number, rules, work.rules)
    const other = formerNames.get(name)
    if (other !== undefined) {
      const former = printableName(other) ?? `no. ${[...rewritten.keys()].indexOf(name) + 1}`
      const names = `${former} and ${printableName(key) ?? `no. ${number}`}`
      const become = printableName(name) ?? 'an invalid key'
      throw new SecretSyncError('DuplicateKey', `keys ${names} both become ${become} by the replace rules`)
    }
    formerNames.set(name, key)
    rewritten.set(name, bytes)
  }
  return rewritten
}

function rewriteKey(key: string, number: number, { compiled }: KeyRules, budget: Budget): string {
  let name = checkLength(key, number)
  for (const rule of compiled) name = checkLength(replaceAll(name, rule, TRANSFORM_LIMITS.keyLength, budget), number)
  return name
}

function checkLength(name: string, number: number): string {
  if (name.length <= TRANSFORM_LIMITS.keyLength) return name
  throw new SecretSyncError(
    'InvalidKey',
    `the name of key no. ${number} is longer than ${TRANSFORM_LIMITS.keyLength} characters`,
  )
}

/** Names that are valid Secret keys are not confidential. Other names may be parts of a value that YAML parsed as a mapping. */
function printableName(name: string): string | undefined {
  return /^[\w.-]{1,253}$/.test(name) ? name : undefined
}
