import { SecretSyncError } from '@ack-secret-manager/core'
import type { KeyRules } from './key-rules.ts'
import { TRANSFORM_LIMITS } from './limits.ts'
import { replaceAll } from './replace-all.ts'
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
    const number = rewritten.size + 1
    const name = rewriteKey(key, number, rules, work.rules)
    const other = formerNames.get(name)
    if (other !== undefined) {
      const former = toldName(other) ?? `no. ${[...rewritten.keys()].indexOf(name) + 1}`
      const names = `${former} and ${toldName(key) ?? `no. ${number}`}`
      const become = toldName(name) ?? 'one that no Secret can have'
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

/** A name that can be a key of a Secret is no secret there; of a value that is no mapping, YAML makes names of its parts. */
function toldName(name: string): string | undefined {
  return /^[\w.-]{1,253}$/.test(name) ? name : undefined
}
