import type { ExternalSecretSpec } from './external-secret-spec.ts'
import type { StoreRef } from './store-ref-spec.ts'

/** The stores of all entries in the order of the spec; undefined for an entry without a store. */
export function storeRefsOf({ data, dataProcess, dataFrom }: ExternalSecretSpec): readonly (StoreRef | undefined)[] {
  const entries = [...data, ...dataProcess.map(({ extract }) => extract), ...dataFrom.map(({ find }) => find)]
  return entries.map(({ secretStoreRef }) => secretStoreRef)
}
