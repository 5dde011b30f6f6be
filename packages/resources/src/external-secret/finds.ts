import type { ExternalSecretSpec } from './external-secret-spec.ts'
import type { DataFromEntry } from './find-spec.ts'

/** An entry of `spec.dataFrom` that finds secrets. */
export interface FindEntry extends Pick<DataFromEntry, 'find' | 'rewrite'> {
  /** Path of the entry, such as `spec.dataFrom[0]`. */
  readonly field: string
}

/** The finds of a spec in its order. */
export function findsOf({ dataFrom }: Pick<ExternalSecretSpec, 'dataFrom'>): readonly FindEntry[] {
  return dataFrom.map(({ find, rewrite }, index) => ({ find, rewrite, field: `spec.dataFrom[${index}]` }))
}
