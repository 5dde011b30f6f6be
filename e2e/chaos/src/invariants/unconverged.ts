import { expectedOf, GENERATED_KEY, hasGenerated, targetOf, type ChaosResource } from '../workload/resources.ts'
import type { ExpectedState } from './expected-state.ts'
import type { SecretSnapshot } from './secret-snapshot.ts'

/** Differences between these Secrets and KMS, as text; empty after convergence. Pure. */
export function unconvergedSecrets(
  resources: readonly ChaosResource[],
  secrets: ReadonlyMap<string, Pick<SecretSnapshot, 'data'>>,
  expectedState: ExpectedState,
): string[] {
  const wrong = resources.flatMap((resource) => {
    const target = targetOf(resource)
    const data = secrets.get(target)?.data
    const expected = expectedOf(resource, (secret) => expectedState.versionOf(secret))
    const missing = [
      ...Object.keys(expected).filter((key) => data?.get(key) !== expected[key]),
      ...(hasGenerated(resource) && !data?.get(GENERATED_KEY) ? [GENERATED_KEY] : []),
    ]
    const surplus = [...(data?.keys() ?? [])].filter((key) => !(key in expected) && !isAllowed(resource, key))
    return [
      ...(missing.length === 0 ? [] : [`${target} ${data ? missing.join(', ') : 'absent'}`]),
      ...(surplus.length === 0 ? [] : [`${target} surplus: ${surplus.join(', ')}`]),
    ]
  })
  const copies = [...secrets.keys()].filter((key) => expectedState.roleOf(key) === 'copy')
  return [...wrong, ...copies.map((copy) => `${copy} is left over`)]
}

/** Keys of other owners, and the optional additional key. */
function isAllowed(resource: ChaosResource, key: string): boolean {
  if (key === GENERATED_KEY) return hasGenerated(resource)
  return key === 'theirs' || (resource.kind === 'picks' && key === 'host')
}
