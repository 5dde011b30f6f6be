import type { ExternalSecretSpec } from './external-secret-spec.ts'
import { findsOf } from './finds.ts'
import type { StoreRef } from './store-ref-spec.ts'

/** The stores of all entries in the order of the spec; undefined for an entry without a store. */
export function storeRefsOf(spec: ExternalSecretSpec): readonly (StoreRef | undefined)[] {
  const { data, dataProcess, generate } = spec
  const entries = [...data, ...dataProcess.map(({ extract }) => extract), ...findsOf(spec).map(({ find }) => find)]
  const tokens = generate.flatMap(({ containerRegistry, stsToken }) => containerRegistry ?? stsToken ?? [])
  return [...entries, ...tokens].map(({ secretStoreRef }) => secretStoreRef)
}
