import { describe, expectTypeOf, it } from 'vitest'
import {
  type DataEntry,
  type ExternalSecretResource,
  type ExternalSecretSpec,
  type ExtractEntry,
  type KmsStore,
  type ParseResult,
  parseExternalSecret,
  type SecretStoreSpec,
  type StoreRef,
} from './index.ts'

describe('types', () => {
  it('have defaults filled in', () => {
    expectTypeOf<ExternalSecretSpec['provider']>().toEqualTypeOf<'kms'>()
    expectTypeOf<ExternalSecretSpec['type']>().toEqualTypeOf<string>()
    expectTypeOf<ExternalSecretSpec['target']['creationPolicy']>().toEqualTypeOf<'Owner' | 'Adopt' | 'Merge'>()
    expectTypeOf<ExternalSecretSpec['data']>().toEqualTypeOf<readonly DataEntry[]>()
    expectTypeOf<DataEntry['optional']>().toEqualTypeOf<boolean>()
  })

  it('leave optional fields absent, not undefined', () => {
    expectTypeOf<{ key: 'a'; jmesPath: []; optional: false }>().toExtend<DataEntry>()
    expectTypeOf<{ key: 'a'; jmesPath: []; optional: false; versionId: undefined }>().not.toExtend<DataEntry>()
  })

  it('have only what is implemented', () => {
    expectTypeOf<StoreRef['kind']>().toEqualTypeOf<'SecretStore'>()
    expectTypeOf<SecretStoreSpec>().toEqualTypeOf<Readonly<{ KMS: KmsStore }>>()
    expectTypeOf<{ template: object; creationPolicy: 'Owner'; deletionPolicy: 'Delete' }>().not.toExtend<
      ExternalSecretSpec['target']
    >()
  })

  it('let an extract be treated as an entry', () => expectTypeOf<ExtractEntry>().toExtend<DataEntry>())

  it('tell a resource from an error', () => {
    expectTypeOf(parseExternalSecret).returns.toEqualTypeOf<ParseResult<ExternalSecretResource>>()
  })
})
