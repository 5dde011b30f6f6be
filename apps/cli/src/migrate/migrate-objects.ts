import type { Document } from 'yaml'
import { convertAckSecretManager, isAckSecretManagerObject } from './ack-secret-manager/convert-ack-secret-manager.ts'
import {
  type ConversionOptions,
  externalSecretsConverter,
  isExternalSecretsObject,
} from './external-secrets/convert-external-secrets.ts'
import type { Migrated } from './migrated.ts'
import type { SourceFile, SourceObject } from './source-object.ts'

/** Whose resources are looked at. */
export type MigrationSource = 'external-secrets' | 'ack-secret-manager'

/** How manifests are migrated. */
export interface MigrationOptions extends ConversionOptions {
  /** Undefined: both. */
  readonly from: MigrationSource | undefined
}

/** A file as it is to be written. */
export interface MigratedFile {
  readonly label: string
  readonly documents: readonly Document[]
}

/** What became of everything. */
export interface Migration {
  readonly files: readonly MigratedFile[]
  readonly resources: readonly Migrated[]
}

/** Migrates what belongs to either operator; everything else passes through, in its order. */
export function migrateObjects(files: readonly SourceFile[], options: MigrationOptions): Migration {
  const { from } = options
  const objects = files.flatMap(({ documents }) =>
    documents.filter((each): each is SourceObject => each.kind !== undefined),
  )
  const fromExternalSecrets = externalSecretsConverter(objects.filter(isExternalSecretsObject), options)
  const resources: Migrated[] = []
  const migrate = (object: SourceObject): Migrated | undefined => {
    if (from !== 'ack-secret-manager' && isExternalSecretsObject(object)) return fromExternalSecrets(object)
    if (from !== 'external-secrets' && isAckSecretManagerObject(object)) return convertAckSecretManager(object, options)
    return undefined
  }
  const migrated = files.map(({ label, documents }) => ({
    label,
    documents: documents.flatMap((each): readonly Document[] => {
      const result = each.kind === undefined ? undefined : migrate(each)
      if (result === undefined) return [each.document]
      resources.push(result)
      return result.document === undefined ? [] : [result.document]
    }),
  }))
  return { files: migrated, resources }
}
