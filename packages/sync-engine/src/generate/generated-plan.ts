import { isSecretSyncError, type SecretGenerator, SecretSyncError, type SecretWriter } from '@ack-secret-manager/core'
import type { ExternalSecretSpec, GenerateEntry } from '@ack-secret-manager/resources'

/** Creates the generator of an entry of a resource in `namespace`. @throws SecretSyncError `InvalidSpec` with a field below the entry in `facts.field` */
export type CreateGenerator = (entry: GenerateEntry, namespace: string) => SecretGenerator

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
  namespace: string,
): readonly PlannedGenerator[] {
  return generate.map((entry, index) => {
    const field = `spec.generate[${index}]`
    if (createGenerator === undefined || writer.readValues === undefined) {
      const why = 'generated values are not supported here; use the operator, or acksm sync'
      throw new SecretSyncError('InvalidSpec', `${field}: ${why}`, { facts: { field } })
    }
    return { field, key: entry.name, generator: created(field, () => createGenerator(entry, namespace)) }
  })
}

function created(field: string, create: () => SecretGenerator): SecretGenerator {
  try {
    return create()
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    const at = error.facts.field === undefined ? field : `${field}.${error.facts.field}`
    // The message begins with the field below the entry.
    throw new SecretSyncError(error.code, `${field}.${error.message}`, { facts: { field: at } })
  }
}
