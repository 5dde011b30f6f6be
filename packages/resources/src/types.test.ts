import { describe, expectTypeOf, it } from 'vitest'
import {
  type DataEntry,
  type ExternalSecretResource,
  type ExternalSecretSpec,
  type ExtractEntry,
  type ParseResult,
  parseExternalSecret,
  type SecretStoreSpec,
  type StoreRef,
} from './index.ts'
import type { KmsStore } from './stores/kms-store-spec.ts'
import type { OosStore } from './stores/oos-store-spec.ts'

describe('types', () => {
  it('have defaults filled in', () => {
    expectTypeOf<ExternalSecretSpec['provider']>().toEqualTypeOf<'kms' | 'oos' | 'plugin'>()
    expectTypeOf<ExternalSecretSpec['type']>().toEqualTypeOf<string>()
    expectTypeOf<ExternalSecretSpec['target']['creationPolicy']>().toEqualTypeOf<'Owner' | 'Adopt' | 'Merge'>()
    expectTypeOf<ExternalSecretSpec['data']>().toEqualTypeOf<readonly DataEntry[]>()
    expectTypeOf<DataEntry['optional']>().toEqualTypeOf<boolean>()
  })

  it('leave optional fields absent, not undefined', () => {
    expectTypeOf<{ key: 'a'; jmesPath: []; optional: false }>().toExtend<DataEntry>()
    expectTypeOf<{ key: 'a'; jmesPath: []; optional: false; versionId: undefined }>().not.toExtend<DataEntry>()
  })

  it('have only implemented fields', () => {
    expectTypeOf<StoreRef['kind']>().toEqualTypeOf<'SecretStore' | 'ClusterSecretStore'>()
    expectTypeOf<{ template: object; creationPolicy: 'Owner'; deletionPolicy: 'Delete' }>().not.toExtend<
      ExternalSecretSpec['target']
    >()
  })

  it('have a store in one service', () => {
    expectTypeOf<SecretStoreSpec['KMS']>().toEqualTypeOf<KmsStore | undefined>()
    expectTypeOf<{ KMS: KmsStore }>().toExtend<SecretStoreSpec>()
    expectTypeOf<{ KMS: KmsStore; OOS: OosStore }>().not.toExtend<SecretStoreSpec>()
    expectTypeOf<{ allow: [] }>().not.toExtend<SecretStoreSpec>()
  })

  it('let an extract be used as an entry', () => expectTypeOf<ExtractEntry>().toExtend<DataEntry>())

  it('distinguish a resource from an error', () => {
    expectTypeOf(parseExternalSecret).returns.toEqualTypeOf<ParseResult<ExternalSecretResource>>()
  })
})
