import { isSecretSyncError, type SecretGenerator, SecretSyncError, type SecretWriter } from '@ack-secret-manager/core'
import type { ExternalSecretSpec, GenerateEntry } from '@ack-secret-manager/resources'

/** Creates the generator of an entry. @throws SecretSyncError `InvalidSpec` with a field below the entry in `facts.field` */
export type CreateGenerator = (entry: GenerateEntry) => SecretGenerator

/** One entry of `spec.generate`. */
export interface PlannedGenerator {
  /** Path of the entry in the resource: `spec.generate[0]`. */
  readonly field: string
  readonly key: string
  readonly generator: SecretGenerator
}

/**
 * The generators of a spec.
 * @throws SecretSyncError `InvalidSpec` for settings that no value satisfies, or if the writer cannot hold generated values
 */
export function planGenerators(
  { generate }: Pick<ExternalSecretSpec, 'generate'>,
  createGenerator: CreateGenerator | undefined,
  writer: Pick<SecretWriter, 'readValues'>,
): readonly PlannedGenerator[] {
  return generate.map((entry, index) => {
    const field = `spec.generate[${index}]`
    if (createGenerator === undefined || writer.readValues === undefined) {
      const why = 'nothing here keeps a generated value; use the operator, or acksm sync'
      throw new SecretSyncError('InvalidSpec', `${field}: ${why}`, { facts: { field } })
    }
    return { field, key: entry.name, generator: created(entry, field, createGenerator) }
  })
}

function created(entry: GenerateEntry, field: string, createGenerator: CreateGenerator): SecretGenerator {
  try {
    return createGenerator(entry)
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    const at = error.facts.field === undefined ? field : `${field}.${error.facts.field}`
    // The message begins with the field below the entry.
    throw new SecretSyncError(error.code, `${field}.${error.message}`, { facts: { field: at } })
  }
}
