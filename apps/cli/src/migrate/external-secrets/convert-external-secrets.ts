import { API_VERSION } from '@ack-secret-manager/resources'
import { Document, isMap, isScalar } from 'yaml'
import { Findings } from '../findings.ts'
import { ManifestFields } from '../manifest-fields.ts'
import type { Migrated, OwnedSecret } from '../migrated.ts'
import { askingForAdoption, type MigratedMetadata, migratedMetadata } from '../migrated-metadata.ts'
import { problemsOf } from '../our-resource.ts'
import type { SourceObject } from '../source-object.ts'
import type { TemplateTexts } from '../template-texts.ts'
import { GENERATORS_GROUP, GeneratorIndex } from './generator-index.ts'
import { mapClusterExternalSecret } from './map-cluster-external-secret.ts'
import { mapExternalSecret } from './map-external-secret.ts'
import { mapPushSecret } from './map-push-secret.ts'
import { mapStore } from './map-store.ts'
import { StoreIndex } from './store-index.ts'

/** API group of External Secrets Operator; its generators have a group below it. */
const GROUP = 'external-secrets.io'
const VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`]
/** PushSecret has only this version. */
const PUSH_VERSIONS = [`${GROUP}/v1alpha1`]

/** Options of the conversion from External Secrets Operator. */
export interface ConversionOptions {
  readonly templates: TemplateTexts
  readonly adopt: boolean
  /** KMS endpoint of stores; `{region}` is replaced by their region. */
  readonly endpoint: string
}

/** Whether an object belongs to External Secrets Operator. */
export function isExternalSecretsObject({ apiVersion }: Pick<SourceObject, 'apiVersion'>): boolean {
  const [group = ''] = apiVersion.split('/')
  return group === GROUP || group.endsWith(`.${GROUP}`)
}

/** A converter for these objects, with an index of their stores. */
export function externalSecretsConverter(
  objects: readonly SourceObject[],
  options: ConversionOptions,
): (object: SourceObject) => Migrated {
  const stores = new StoreIndex()
  const generators = new GeneratorIndex()
  for (const object of objects) {
    if (object.kind.endsWith('SecretStore')) stores.add(object.kind, object.value)
    else if (isPassword(object)) generators.add(object.value)
  }
  return (object) => convert(object, { stores, generators }, options)
}

interface Mapped {
  readonly spec: object
  readonly metadata: MigratedMetadata
  readonly owned?: OwnedSecret
}

interface Indexes {
  readonly stores: StoreIndex
  readonly generators: GeneratorIndex
}

function isPassword({ apiVersion, kind }: Pick<SourceObject, 'apiVersion' | 'kind'>): boolean {
  return kind === 'Password' && apiVersion.startsWith(`${GENERATORS_GROUP}/`)
}

function convert(source: SourceObject, indexes: Indexes, options: ConversionOptions): Migrated {
  const { kind, value, location, document } = source
  const findings = new Findings(options.templates)
  const fields = new ManifestFields(value, '', findings)
  fields.pass('apiVersion', 'kind', 'status')
  const metadata = metadataOf(fields, findings)
  const mapped = mapKind(source, fields, metadata, { findings, ...indexes, options })
  if (mapped) fields.end('Kubernetes')
  const object = mapped && { apiVersion: API_VERSION, kind, metadata: mapped.metadata, spec: mapped.spec }
  if (object !== undefined && findings.outcome !== 'not-converted') {
    for (const { field, message } of problemsOf(kind, object)) findings.refuses(field, message)
  }
  const { outcome, all, carried } = findings
  return {
    resource: { kind, namespace: metadata.namespace ?? '', name: metadata.name, location },
    outcome,
    findings: all,
    carried,
    document: object === undefined || outcome === 'not-converted' ? undefined : documentOf(object, document),
    owned: outcome === 'not-converted' ? undefined : mapped?.owned,
  }
}

function metadataOf(fields: ManifestFields, findings: Findings): MigratedMetadata {
  const metadata = fields.fields('metadata')
  if (metadata !== undefined) return migratedMetadata(metadata, findings)
  findings.refuses('metadata', 'required, but missing')
  return { name: '(no name)' }
}

function mapKind(
  { apiVersion, kind }: SourceObject,
  fields: ManifestFields,
  metadata: MigratedMetadata,
  { findings, stores, generators, options }: Indexes & { findings: Findings; options: ConversionOptions },
): Mapped | undefined {
  const spec = fields.fields('spec')
  if (isPassword({ apiVersion, kind })) {
    findings.leftOut('spec', 'each ExternalSecret that uses it has its settings in spec.generate')
    return undefined
  }
  if (!KINDS.includes(kind)) {
    findings.refuses('kind', 'it has no equivalent here', 'leave it to External Secrets Operator')
    return undefined
  }
  const versions = kind === 'PushSecret' ? PUSH_VERSIONS : VERSIONS
  if (!versions.includes(apiVersion)) {
    findings.refuses(
      'apiVersion',
      `${apiVersion} is not supported`,
      `export it from the cluster as ${versions[0]} (kubectl get -o yaml)`,
    )
    return undefined
  }
  if (spec === undefined) {
    findings.refuses('spec', 'required, but missing')
    return undefined
  }
  switch (kind) {
    case 'SecretStore':
    case 'ClusterSecretStore':
      return { spec: mapStore(spec, { kind, endpoint: options.endpoint, findings }), metadata }
    case 'PushSecret':
      return { spec: mapPushSecret(spec, { findings, stores, metadata }), metadata }
    case 'ClusterExternalSecret': {
      const mapped = mapClusterExternalSecret(spec, { findings, stores, generators }, options.adopt)
      const externalSecret = mapped.externalSecretName ?? metadata.name
      const secret = mapped.target ?? externalSecret
      const owned = { namespace: '', externalSecret, secret, clusterExternalSecret: metadata.name }
      return { spec: mapped.spec, metadata, ...(mapped.isOwned ? { owned } : {}) }
    }
    default: {
      const mapped = mapExternalSecret(spec, { findings, stores, generators, metadata })
      const { namespace = '', name } = metadata
      const owned = { namespace, externalSecret: name, secret: mapped.target ?? name }
      return {
        spec: mapped.spec,
        metadata: options.adopt ? askingForAdoption(metadata) : metadata,
        ...(mapped.isOwned ? { owned } : {}),
      }
    }
  }
}

const KINDS = ['ExternalSecret', 'SecretStore', 'ClusterSecretStore', 'ClusterExternalSecret', 'PushSecret']

function documentOf(object: object, source: Document): Document {
  // YAML 1.1 parsers, such as kubectl's, need quotes for `yes`, `on` and dates.
  const document = new Document(object, { version: '1.1', aliasDuplicateObjects: false })
  if (document.contents !== null) document.contents.commentBefore = headComment(source)
  return document
}

/** The comment above a manifest. */
function headComment({ commentBefore, contents }: Document): string | null {
  const first = isMap(contents) ? contents.items[0]?.key : undefined
  const texts = [commentBefore, contents?.commentBefore, isScalar(first) ? first.commentBefore : undefined]
  const comments = texts.filter((text) => typeof text === 'string')
  return comments.length === 0 ? null : comments.join('\n')
}
