import type { Findings } from '../findings.ts'
import type { ManifestFields } from '../manifest-fields.ts'
import { type Decoding, decodingTemplate } from './decoding-template.ts'
import { jmesPathOf } from './property-path.ts'
import type { EsoStoreRef } from './store-index.ts'

const WHO = 'External Secrets Operator'

const OWN_TEXT =
  'numbers keep their own text (1.0, 1e6), what is an object or a list is compact JSON, and a path that finds nothing or null fails'

/** What entries need to know of their resource. */
export interface EntryMapping {
  readonly findings: Findings
  /** Store of entries that name none. */
  readonly store: EsoStoreRef | undefined
  /** Takes note that a store is read through. */
  readonly onStore: (store: EsoStoreRef, field: string) => void
}

/** One of our entries. */
export interface MappedEntry {
  readonly key: string
  readonly name?: string
  readonly versionId?: string
  readonly jmesPath?: readonly { readonly path: string; readonly objectAlias: string }[]
  readonly secretStoreRef?: object
}

/** `spec.data` as entries of ours, and templates for what has to be decoded. */
export interface MappedData {
  readonly data: readonly MappedEntry[]
  readonly decoding: Readonly<Record<string, string>>
}

/** `spec.data` */
export function mapData(spec: ManifestFields, mapping: EntryMapping): MappedData {
  const { findings } = mapping
  const byKey = new Map<string, MappedEntry>()
  const decoding: Record<string, string> = {}
  for (const item of spec.list('data')) {
    const secretKey = item.requiredText('secretKey')
    const remoteRef = item.fields('remoteRef')
    if (remoteRef === undefined && !item.has('remoteRef'))
      findings.refuses(item.at('remoteRef'), 'required, but missing')
    const secretStoreRef = sourceOf(item, mapping)
    item.end(WHO)
    if (remoteRef === undefined) continue
    const { base, property } = mapRemoteRef(remoteRef, secretStoreRef)
    if (byKey.has(secretKey))
      findings.changed(item.at('secretKey'), `${secretKey} was given before; the later one counts`)
    byKey.delete(secretKey)
    const strategy = remoteRef.text('decodingStrategy') ?? 'None'
    if (strategy === 'Base64' || strategy === 'Base64URL') {
      decoding[secretKey] = decodingTemplate(secretKey, strategy satisfies Decoding)
      findings.changed(
        remoteRef.at('decodingStrategy'),
        'a template decodes it, and fails on what cannot be decoded',
        'where the secret is a binary one in KMS remove the template: its bytes come as they are',
      )
    } else if (strategy !== 'None') {
      findings.suspends(remoteRef.at('decodingStrategy'), `there is no ${strategy}`, 'say Base64, Base64URL or None')
    }
    remoteRef.end(WHO)
    const picked = property === undefined ? undefined : pick(property, secretKey, remoteRef.at('property'), findings)
    const { key, ...where } = base
    byKey.set(secretKey, { key, ...(picked === undefined ? { name: secretKey } : { jmesPath: [picked] }), ...where })
  }
  return { data: grouped([...byKey.values()]), decoding }
}

/** `spec.dataFrom` as `dataProcess`. */
export function mapDataFrom(spec: ManifestFields, mapping: EntryMapping): readonly object[] {
  const { findings } = mapping
  return spec.list('dataFrom').flatMap((item) => {
    const extract = item.fields('extract')
    const secretStoreRef = sourceOf(item, mapping)
    const rewrite = item.list('rewrite')
    const rules = rewrite.flatMap((operation) => mapRewrite(operation, findings))
    if (item.has('find')) {
      findings.suspends(
        item.at('find'),
        'secrets are not searched for; with the Alibaba provider that never worked',
        'name each secret in data or dataProcess',
      )
    }
    item.end(WHO)
    if (extract === undefined) return []
    const { base, property } = mapRemoteRef(extract, secretStoreRef)
    if (property !== undefined) {
      findings.suspends(
        extract.at('property'),
        'a part of a document is not taken apart',
        'name its members in data with jmesPath, or keep the part as a secret of its own',
      )
    }
    if ((extract.text('decodingStrategy') ?? 'None') !== 'None') {
      findings.suspends(
        extract.at('decodingStrategy'),
        'members are not decoded',
        'decode each with b64dec in target.template.data',
      )
    }
    const conversion = extract.text('conversionStrategy') ?? 'Default'
    if (conversion === 'Unicode') {
      findings.suspends(
        extract.at('conversionStrategy'),
        'names are not written as _Uxxxx_',
        'rename the members that need it with replaceRule',
      )
    }
    findings.changed(extract.path, OWN_TEXT)
    extract.end(WHO)
    // What that operator does by itself to names that cannot be keys, where it is not told how to rewrite them.
    const replaceRule = rewrite.length > 0 ? rules : [{ source: '[^-._a-zA-Z0-9]', target: '_' }]
    return [{ extract: base, ...(replaceRule.length === 0 ? {} : { replaceRule }) }]
  })
}

function mapRemoteRef(
  ref: ManifestFields,
  secretStoreRef: object | undefined,
): { readonly base: MappedEntry; readonly property: string | undefined } {
  const key = ref.requiredText('key')
  const versionId = ref.text('version')
  // These two mean nothing to its Alibaba provider, or nothing for a single key.
  ref.text('metadataPolicy')
  ref.text('conversionStrategy')
  return {
    base: {
      key,
      ...(versionId === undefined ? {} : { versionId }),
      ...(secretStoreRef === undefined ? {} : { secretStoreRef }),
    },
    property: ref.text('property'),
  }
}

function pick(
  property: string,
  objectAlias: string,
  field: string,
  findings: Findings,
): { readonly path: string; readonly objectAlias: string } | undefined {
  const found = jmesPathOf(property)
  if (found.path === undefined) {
    findings.suspends(field, `no path of names and indices: ${found.why}`, 'say it in JMESPath, as jmesPath')
    // Finds nothing, so that nobody takes it for done, and still says what it was.
    return { path: JSON.stringify(property), objectAlias }
  }
  findings.changed(field, OWN_TEXT)
  if (found.hasIndex) {
    findings.changed(field, 'a number in it is an index of a list', 'where it is a name, put it in quotes')
  }
  return { path: found.path, objectAlias }
}

function mapRewrite(operation: ManifestFields, findings: Findings): readonly object[] {
  const regexp = operation.fields('regexp')
  for (const name of ['transform', 'merge']) {
    if (!operation.has(name)) continue
    findings.suspends(operation.at(name), 'names are rewritten by regular expressions only', 'say it as a replaceRule')
  }
  operation.end(WHO)
  if (regexp === undefined) return []
  const rule = { source: regexp.requiredText('source'), target: regexp.text('target') ?? '' }
  regexp.end(WHO)
  return [rule]
}

/** The store of an entry. */
function sourceOf(item: ManifestFields, { findings, store, onStore }: EntryMapping): object | undefined {
  const sourceRef = item.fields('sourceRef')
  const own = sourceRef?.fields('storeRef')
  if (sourceRef?.has('generatorRef') === true) {
    findings.suspends(
      sourceRef.at('generatorRef'),
      'nothing is generated here',
      'keep what it generates as a secret in KMS, or leave this part to External Secrets Operator',
    )
  }
  sourceRef?.end(WHO)
  const used = own === undefined ? store : storeRefOf(own)
  if (used === undefined) return undefined
  onStore(used, own?.path ?? 'spec.secretStoreRef')
  return used.kind === 'ClusterSecretStore' ? { name: used.name, kind: used.kind } : { name: used.name }
}

/** `secretStoreRef` or `storeRef`. */
export function storeRefOf(ref: ManifestFields): EsoStoreRef {
  const name = ref.requiredText('name')
  const kind = ref.text('kind') === 'ClusterSecretStore' ? 'ClusterSecretStore' : 'SecretStore'
  ref.end(WHO)
  return { kind, name }
}

/** Neighbours that pick from one secret become one entry. */
function grouped(entries: readonly MappedEntry[]): readonly MappedEntry[] {
  const groups: MappedEntry[] = []
  for (const entry of entries) {
    const last = groups.at(-1)
    if (last?.jmesPath !== undefined && entry.jmesPath !== undefined && sourceText(last) === sourceText(entry)) {
      groups[groups.length - 1] = { ...last, jmesPath: [...last.jmesPath, ...entry.jmesPath] }
    } else groups.push(entry)
  }
  return groups
}

function sourceText({ key, versionId, secretStoreRef }: MappedEntry): string {
  return JSON.stringify([key, versionId, secretStoreRef])
}
