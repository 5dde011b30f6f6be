import type { z } from 'zod'
import type { FieldMeta } from '../schema/field.ts'
import type { SecretKeyRef, StoreScope } from './credential-refs.ts'
import type { RamAuth } from './ram-auth-spec.ts'

/** The identity of a store, and the path of its field. */
export type StoreAccess =
  | { readonly kind: 'ram'; readonly field: string; readonly auth: RamAuth | undefined }
  | {
      readonly kind: 'client-key'
      readonly field: string
      readonly content: SecretKeyRef
      readonly password: SecretKeyRef | undefined
    }

interface CommonService {
  /** `status.provider` of the store. */
  readonly name: string
  /** `spec.provider` of the ExternalSecrets that read through the store. */
  readonly provider: string
  /** Path of the fields: `spec.KMS`. */
  readonly field: string
}

/** A service of Alibaba Cloud that a store reads from. */
export interface EndpointService extends CommonService {
  readonly kind: 'endpoint'
  readonly region: string | undefined
  readonly endpoint: string | undefined
  readonly access: StoreAccess
  /** Kind of the driver that connects it; undefined where the host name of the endpoint decides. */
  readonly driver?: string
  /** CA certificates, PEM in base64. */
  readonly ca?: string | undefined
  readonly ignoreSSL?: boolean
}

/** A backend package that a store reads through. */
export interface PackageService extends CommonService {
  readonly kind: 'package'
  readonly package: string
  readonly config: Readonly<Record<string, unknown>>
}

/** What a store reads from, in one form for all services. */
export type StoreService = EndpointService | PackageService

/** The fields of one service in the spec of a store. */
export interface ServiceDefinition<Schema extends z.ZodType> {
  readonly provider: string
  /** Every {@link CommonService.name} of the service. */
  readonly names: readonly string[]
  readonly schema: (scope: StoreScope) => Schema
  readonly meta: Omit<FieldMeta, 'default'>
  readonly serviceOf: (spec: NonNullable<z.output<Schema>>) => StoreService
}
