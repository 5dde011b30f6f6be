import type { Document } from 'yaml'
import { convertAckSecretManager, isAckSecretManagerObject } from './ack-secret-manager/convert-ack-secret-manager.ts'
import {
  type ConversionOptions,
  externalSecretsConverter,
  isExternalSecretsObject,
} from './external-secrets/convert-external-secrets.ts'
import type { Migrated } from './migrated.ts'
import type { SourceFile, SourceObject } from './source-object.ts'

/** Operator whose resources are migrated. */
export type MigrationSource = 'external-secrets' | 'ack-secret-manager'

/** Options of a migration. */
export interface MigrationOptions extends ConversionOptions {
  /** Undefined: both. */
  readonly from: MigrationSource | undefined
}

/** A converted file. */
export interface MigratedFile {
  readonly label: string
  /** As of the manifest file. */
  readonly folder: string
  readonly documents: readonly Document[]
}

/** Result of a migration. */
export interface Migration {
  readonly files: readonly MigratedFile[]
  readonly resources: readonly Migrated[]
}

/** Migrates resources of either operator and keeps other objects, in order. */
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
  const migrated = files.map(({ label, folder, documents }) => ({
    label,
    folder,
    documents: documents.flatMap((each): readonly Document[] => {
      const result = each.kind === undefined ? undefined : migrate(each)
      if (result === undefined) return [each.document]
      resources.push(result)
      return result.document === undefined ? [] : [result.document]
    }),
  }))
  return { files: migrated, resources }
}
