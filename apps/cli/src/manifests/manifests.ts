import {
  API_VERSION,
  type ExternalSecretResource,
  GROUP,
  parseExternalSecret,
  parseSecretStore,
  type ParseResult,
  type SecretStoreResource,
} from '@ack-secret-manager/resources'
import { isRecord, type ManifestObject } from './parse-objects.ts'
import { type SecretData, secretDataOf } from './secret-data.ts'

/** Everything that the manifests say, by `namespace/name`. */
export interface Manifests {
  readonly externalSecrets: ReadonlyMap<string, ExternalSecretResource>
  readonly stores: ReadonlyMap<string, SecretStoreResource>
  /** Those that a store refers to. */
  readonly secrets: ReadonlyMap<string, SecretData>
  /** How many objects of which kind nobody looks at. */
  readonly passedOver: ReadonlyMap<string, number>
}

const NOT_YET = ['ClusterSecretStore', 'ClusterExternalSecret']

/** Sorts objects into what is ours, what is referred to, and what is neither. Adds what is wrong to `problems`. */
export function manifestsOf(
  objects: readonly ManifestObject[],
  defaultNamespace: string,
  problems: string[],
): Manifests {
  const externalSecrets = new Map<string, ExternalSecretResource>()
  const stores = new Map<string, SecretStoreResource>()
  const others: ManifestObject[] = []
  const locations = new Map<string, string>()
  const add = <R extends ExternalSecretResource | SecretStoreResource>(
    object: ManifestObject,
    parsed: ParseResult<R>,
    map: Map<string, R>,
  ): void => {
    if (!parsed.ok) {
      const label = `${object.location}: ${object.kind} ${nameOf(object.value, defaultNamespace)}`
      problems.push(...parsed.problems.map(({ field, message }) => `${label}: ${field}: ${message}`))
      return
    }
    const key = `${parsed.resource.metadata.namespace}/${parsed.resource.metadata.name}`
    if (isFirst(object, key, locations, problems)) map.set(key, parsed.resource)
  }
  for (const object of objects) {
    const { apiVersion, kind, value, location } = object
    if (apiVersion !== GROUP && !apiVersion.startsWith(`${GROUP}/`)) others.push(object)
    else if (apiVersion !== API_VERSION)
      problems.push(`${location}: ${kind}: apiVersion ${apiVersion} is unknown; this is ${API_VERSION}`)
    else if (kind === 'ExternalSecret') add(object, parseExternalSecret(value, { defaultNamespace }), externalSecrets)
    else if (kind === 'SecretStore') add(object, parseSecretStore(value, { defaultNamespace }), stores)
    else if (NOT_YET.includes(kind)) problems.push(`${location}: ${kind} is not supported yet`)
    else problems.push(`${location}: ${API_VERSION} has no kind ${kind}; known are ExternalSecret and SecretStore`)
  }
  const wanted = credentialsOf(stores.values())
  const { secrets, passedOver } = sortOthers(others, { wanted, defaultNamespace, locations, problems })
  return { externalSecrets, stores, secrets, passedOver }
}

/** Takes the Secrets that are wanted, and counts the rest. */
function sortOthers(
  objects: readonly ManifestObject[],
  context: {
    readonly wanted: ReadonlySet<string>
    readonly defaultNamespace: string
    readonly locations: Map<string, string>
    readonly problems: string[]
  },
): Pick<Manifests, 'secrets' | 'passedOver'> {
  const { wanted, defaultNamespace, locations, problems } = context
  const secrets = new Map<string, SecretData>()
  const passedOver = new Map<string, number>()
  for (const object of objects) {
    const key = nameOf(object.value, defaultNamespace)
    if (object.apiVersion !== 'v1' || object.kind !== 'Secret' || !wanted.has(key)) {
      passedOver.set(object.kind, (passedOver.get(object.kind) ?? 0) + 1)
    } else if (isFirst(object, key, locations, problems)) {
      secrets.set(key, secretDataOf(object.value, `${object.location}: Secret ${key}`, problems))
    }
  }
  return { secrets, passedOver }
}

/** `namespace/name` of the Secrets that hold credentials of stores. */
function credentialsOf(stores: Iterable<SecretStoreResource>): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const { metadata, spec } of stores) {
    const auth = spec.KMS?.KMSAuth
    for (const ref of [auth?.accessKey, auth?.accessKeySecret]) {
      if (ref !== undefined) keys.add(`${ref.namespace ?? metadata.namespace}/${ref.name}`)
    }
  }
  return keys
}

function isFirst(
  { kind, location }: ManifestObject,
  key: string,
  locations: Map<string, string>,
  problems: string[],
): boolean {
  const first = locations.get(`${kind} ${key}`)
  if (first !== undefined) problems.push(`${location}: ${kind} ${key} is there twice; the other one is at ${first}`)
  else locations.set(`${kind} ${key}`, location)
  return first === undefined
}

/** `namespace/name` as far as it can be told. */
function nameOf(value: Readonly<Record<string, unknown>>, defaultNamespace: string): string {
  const metadata = value['metadata']
  const text = (name: string, absent: string): string => {
    const given = isRecord(metadata) ? metadata[name] : undefined
    return typeof given === 'string' && given !== '' ? given.slice(0, 253) : absent
  }
  return `${text('namespace', defaultNamespace)}/${text('name', '(no name)')}`
}

/** Whether anything reads as the process itself, with no store or with one that has no authentication. */
export function needsOwnIdentity({ externalSecrets, stores }: Manifests): boolean {
  const lent = [...stores.values()].some(({ spec }) => spec.KMS?.KMSAuth === undefined)
  return (
    lent ||
    [...externalSecrets.values()].some(({ spec: { data, dataProcess } }) =>
      [...data, ...dataProcess.map(({ extract }) => extract)].some(
        ({ secretStoreRef }) => secretStoreRef === undefined,
      ),
    )
  )
}
