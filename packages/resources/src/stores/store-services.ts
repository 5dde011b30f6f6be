import type { z } from 'zod'
import { kmsService } from './kms-store-spec.ts'
import { oosService } from './oos-store-spec.ts'
import { pluginService } from './plugin-store-spec.ts'
import type { StoreService } from './store-service.ts'

/** The services that a store can name, by the field of its spec, in the order of the documentation. */
export const STORE_SERVICES = { KMS: kmsService, OOS: oosService, plugin: pluginService }

type Services = typeof STORE_SERVICES
/** Field of a store's spec that names its service. */
export type ServiceField = keyof Services
type ServiceSpec<Field extends ServiceField> = NonNullable<z.output<ReturnType<Services[Field]['schema']>>>

/** The spec of exactly one service. */
export type OneService = {
  [Field in ServiceField]: { readonly [Named in Field]: ServiceSpec<Field> } & {
    readonly [Other in Exclude<ServiceField, Field>]?: never
  }
}[ServiceField]

export const SERVICE_FIELDS = Object.keys(STORE_SERVICES) as ServiceField[]
/** Every `spec.provider` of an ExternalSecret. */
export const STORE_PROVIDERS = Object.values(STORE_SERVICES).map(({ provider }) => provider)
/** Every `status.provider` of a store. */
export const SERVICE_NAMES: readonly string[] = Object.values(STORE_SERVICES).flatMap(({ names }) => [...names])

/** What a store reads from. */
export function storeServiceOf(spec: OneService): StoreService {
  const field = SERVICE_FIELDS.find((name) => spec[name] !== undefined) as ServiceField
  // The definition and the value belong to the same field.
  const serviceOf = STORE_SERVICES[field].serviceOf as (value: unknown) => StoreService
  return serviceOf(spec[field])
}

/** `KMS, OOS or plugin` */
export function anyOf(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(names)
}

/** `KMS, OOS and plugin` */
export function allOf(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(names)
}
