import type { z } from 'zod'
import { field } from '../schema/field.ts'
import type { StoreScope } from './credential-refs.ts'
import { kmsService } from './kms-store-spec.ts'
import { oosService } from './oos-store-spec.ts'
import { pluginService } from './plugin-store-spec.ts'
import type { StoreService } from './store-service.ts'

/** The services that a store can name, by the field of its spec, in the order of the documentation. */
const STORE_SERVICES = { KMS: kmsService, OOS: oosService, plugin: pluginService }

type Services = typeof STORE_SERVICES
type ServiceField = keyof Services
type ServiceSchemas = { [Field in ServiceField]: ReturnType<Services[Field]['schema']> }
type ServiceSpec<Field extends ServiceField> = NonNullable<z.output<ServiceSchemas[Field]>>

/** The spec of exactly one service. */
export type OneService = {
  [Field in ServiceField]: { readonly [Named in Field]: ServiceSpec<Field> } & {
    readonly [Other in Exclude<ServiceField, Field>]?: never
  }
}[ServiceField]

/** Fields of a store's spec that name a service. */
export const SERVICE_FIELDS = Object.keys(STORE_SERVICES) as ServiceField[]
/** Every `spec.provider` of an ExternalSecret. */
export const STORE_PROVIDERS = Object.values(STORE_SERVICES).map(({ provider }) => provider)
/** Every `status.provider` of a store. */
export const SERVICE_NAMES: readonly string[] = Object.values(STORE_SERVICES).flatMap(({ names }) => [...names])

/** The schemas of {@link SERVICE_FIELDS}. */
export function serviceFields(scope: StoreScope): ServiceSchemas {
  const schemas = SERVICE_FIELDS.map((name) => {
    const others = SERVICE_FIELDS.filter((other) => other !== name).map((other) => `\`${other}\``)
    const { schema, meta } = STORE_SERVICES[name]
    return [name, field(schema(scope), { ...meta, default: `none; then ${anyOf(others)} is required` })]
  })
  return Object.fromEntries(schemas) as ServiceSchemas
}

/** What a store reads from. */
export function storeServiceOf(spec: OneService): StoreService {
  const named = SERVICE_FIELDS.find((name) => spec[name] !== undefined) as ServiceField
  // The definition and the value belong to the same field.
  const serviceOf = STORE_SERVICES[named].serviceOf as (value: unknown) => StoreService
  return serviceOf(spec[named])
}

/** `a, b or c` */
export function anyOf(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(names)
}

/** `a, b and c` */
export function allOf(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(names)
}
