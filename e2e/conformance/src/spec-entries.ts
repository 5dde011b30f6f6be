import type { Scenario } from './scenario.ts'

/** Store reference of an entry. */
const STORE = { secretStoreRef: { name: 'kms' } }

/** An entry of `spec.data` that copies a secret of the row; the key is the row's name for the secret. */
export function copyOf(scenario: Scenario, secret: string, more: object = {}): object {
  return { key: scenario.kmsName(secret), name: secret, ...STORE, ...more }
}

/** An entry of `spec.data` that extracts these paths of a document; each key is the path. */
export function picksOf(scenario: Scenario, secret: string, ...paths: readonly string[]): object {
  const jmesPath = paths.map((path) => ({ path, objectAlias: path }))
  return { key: scenario.kmsName(secret), jmesPath, ...STORE }
}

/** An entry of `spec.dataProcess` that extracts each member of a document as a key. */
export function extractOf(scenario: Scenario, secret: string): object {
  return { extract: { key: scenario.kmsName(secret), ...STORE } }
}
