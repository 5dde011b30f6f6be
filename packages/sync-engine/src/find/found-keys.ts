import { nameText, SecretSyncError } from '@ack-secret-manager/core'
import { type KeyRules, rewriteKeys, type WorkBudget } from '@ack-secret-manager/transform'

const NO_BYTES = new Uint8Array()
/** Kubernetes: length of a key. */
const MAX_KEY_LENGTH = 253

/** The key of a found secret: its name after the rules, with `_` for what a key cannot have. */
export function foundKey(name: string, rules: KeyRules | undefined, work: WorkBudget): string {
  const [key = ''] = rules === undefined ? [name] : rewriteKeys(new Map([[name, NO_BYTES]]), rules, work).keys()
  return key.replace(/[^\w.-]/g, '_')
}

/**
 * Adds the key of a found secret to those of the same `find`.
 * @throws SecretSyncError `InvalidKey` | `DuplicateKey` with both names
 */
export function addFoundKey(keys: Map<string, string>, key: string, name: string, field: string): void {
  const refuse = (code: 'InvalidKey' | 'DuplicateKey', why: string): never => {
    throw new SecretSyncError(code, `${field}: ${why}`, { facts: { field } })
  }
  if (key === '' || key === '.' || key === '..' || key.length > MAX_KEY_LENGTH) {
    const what = key.length > MAX_KEY_LENGTH ? `longer than ${MAX_KEY_LENGTH} characters` : JSON.stringify(key)
    refuse('InvalidKey', `the key of secret ${nameText(name)} is ${what}; change the rules of rewrite`)
  }
  const other = keys.get(key)
  if (other !== undefined) {
    const both = `secrets ${nameText(other)} and ${nameText(name)} both become key ${key}`
    refuse('DuplicateKey', `${both}; change the rules of rewrite, or find only one of them`)
  }
  keys.set(key, name)
}
