import type { SecretSyncError } from '@ack-secret-manager/core'
import type { z } from 'zod'
import { type ResourceMetadata, readMetadata } from './metadata.ts'
import { API_VERSION } from '../names.ts'
import { isObject, own } from '../schema/plain.ts'
import { bounded, invalidSpec, type Problem, problemsOf } from './problem.ts'
import { normalize, type UnknownFields } from './normalize.ts'

export interface ParseOptions {
  /**
   * `refuse` reports unknown fields: for manifests, and before a write. `ignore` drops them: for objects that are only shown, because the
   * API server keeps fields of a newer version. @default 'refuse'
   */
  readonly unknownFields?: UnknownFields
  /** Namespace of a manifest that sets none. @default 'default' */
  readonly defaultNamespace?: string
}

/** A resource, or the problems of an invalid one. */
export type ParseResult<Parsed> =
  | { readonly ok: true; readonly resource: Parsed }
  | {
      readonly ok: false
      /** `InvalidSpec` with the first problem and the number of others. */
      readonly error: SecretSyncError
      /** The first 20 problems. */
      readonly problems: readonly Problem[]
    }

/** A resource of any kind of this API group. */
export interface Resource<Kind extends string, Spec, Status> {
  readonly apiVersion: typeof API_VERSION
  readonly kind: Kind
  readonly metadata: ResourceMetadata
  readonly spec: Spec
  /** The last written status; absent before the first reconcile, or if the stored status is not valid. */
  readonly status?: Status
}

export interface ResourceSchemas<Kind extends string, Spec, Status> {
  readonly kind: Kind
  /** @default 'Namespaced' */
  readonly scope?: 'Namespaced' | 'Cluster'
  readonly spec: z.ZodType<Spec>
  readonly status: z.ZodType<Status>
}

/** Parses a resource from parsed JSON or YAML. Never throws. */
export function parseResource<Kind extends string, Spec, Status>(
  schemas: ResourceSchemas<Kind, Spec, Status>,
  object: unknown,
  options: ParseOptions = {},
): ParseResult<Resource<Kind, Spec, Status>> {
  const { unknownFields = 'refuse', defaultNamespace = 'default' } = options
  if (!isObject(object)) return refuse([{ field: schemas.kind, message: 'expected an object' }])
  const problems = checkKind(schemas.kind, object)
  if (unknownFields === 'refuse') problems.push(...unknownTopFields(object))
  const namespace = schemas.scope === 'Cluster' ? undefined : defaultNamespace
  const metadata = readMetadata(own(object, 'metadata'), namespace, problems)

  const spec = schemas.spec.safeParse(normalize(schemas.spec, own(object, 'spec') ?? undefined, unknownFields), {
    reportInput: true,
  })
  if (!spec.success) return refuse([...problems, ...problemsOf(schemas.spec, spec.error.issues)])
  if (problems.length > 0) return refuse(problems)

  const status = schemas.status.safeParse(own(object, 'status'))
  const base = { apiVersion: API_VERSION, kind: schemas.kind, metadata, spec: spec.data }
  return { ok: true, resource: status.success ? { ...base, status: status.data } : base }
}

function refuse(problems: readonly Problem[]): {
  readonly ok: false
  error: SecretSyncError
  problems: readonly Problem[]
} {
  return { ok: false, error: invalidSpec(problems), problems: bounded(problems) }
}

function checkKind(kind: string, object: unknown): Problem[] {
  return [
    ['apiVersion', API_VERSION],
    ['kind', kind],
  ].flatMap(([field = '', expected = '']) => {
    const given = own(object, field)
    if (given === expected) return []
    const got =
      typeof given === 'string' ? JSON.stringify(given.slice(0, 64)) : given === undefined ? 'nothing' : typeof given
    return [{ field, message: `expected ${expected}, got ${got}` }]
  })
}

const TOP_FIELDS: readonly string[] = ['apiVersion', 'kind', 'metadata', 'spec', 'status']

function unknownTopFields(object: object): Problem[] {
  return Object.keys(object)
    .filter((name) => !TOP_FIELDS.includes(name))
    .slice(0, 20)
    .map((name) => ({ field: name.slice(0, 64), message: 'unknown field; did it belong below spec?' }))
}
