import { expectedOf, targetOf, type WorldResource } from '../world/resources.ts'
import type { Ledger } from './ledger.ts'
import type { SeenSecret } from './seen-secret.ts'

/** What of these Secrets is not as KMS has it, in words; nothing when all has settled. Pure. */
export function unsettledSecrets(
  resources: readonly WorldResource[],
  secrets: ReadonlyMap<string, Pick<SeenSecret, 'data'>>,
  ledger: Ledger,
): string[] {
  const wrong = resources.flatMap((resource) => {
    const target = targetOf(resource)
    const data = secrets.get(target)?.data
    const expected = expectedOf(resource, (secret) => ledger.versionOf(secret))
    const missing = Object.keys(expected).filter((key) => data?.get(key) !== expected[key])
    const surplus = [...(data?.keys() ?? [])].filter((key) => !(key in expected) && !isAllowed(resource, key))
    return [
      ...(missing.length === 0 ? [] : [`${target} ${data ? missing.join(', ') : 'absent'}`]),
      ...(surplus.length === 0 ? [] : [`${target} too much: ${surplus.join(', ')}`]),
    ]
  })
  const copies = [...secrets.keys()].filter((key) => ledger.roleOf(key) === 'copy')
  return [...wrong, ...copies.map((copy) => `${copy} is left over`)]
}

/** Keys of others, and the one that is asked for or not. */
function isAllowed({ kind }: WorldResource, key: string): boolean {
  return key === 'theirs' || (kind === 'picks' && key === 'host')
}
