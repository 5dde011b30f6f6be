import type { Situation } from './situation.ts'

/** What an entry says beside its secret. */
const STORE = { secretStoreRef: { name: 'kms' } }

/** An entry of `spec.data` that copies a secret of the row under the name that the row has for it. */
export function copyOf(situation: Situation, secret: string, more: object = {}): object {
  return { key: situation.kmsName(secret), name: secret, ...STORE, ...more }
}

/** An entry of `spec.data` that picks parts of a document, each under its path. */
export function picksOf(situation: Situation, secret: string, ...paths: readonly string[]): object {
  const jmesPath = paths.map((path) => ({ path, objectAlias: path }))
  return { key: situation.kmsName(secret), jmesPath, ...STORE }
}

/** An entry of `spec.dataProcess` that makes a key of each member of a document. */
export function extractOf(situation: Situation, secret: string): object {
  return { extract: { key: situation.kmsName(secret), ...STORE } }
}
