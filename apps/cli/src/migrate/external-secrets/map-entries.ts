import { defined } from '@ack-secret-manager/core'
import { LIMITS } from '@ack-secret-manager/resources'
import type { Findings } from '../findings.ts'
import type { ManifestFields } from '../manifest-fields.ts'
import { type Decoding, decodingTemplate } from './decoding-template.ts'
import { type GeneratedMapping, mapGenerated } from './map-generated.ts'
import { jmesPathOf } from './property-path.ts'
import type { EsoStoreRef } from './store-index.ts'

const WHO = 'External Secrets Operator'
const DEFAULT_STORE = 'spec.secretStoreRef'

const OWN_TEXT =
  'numbers keep their own text (1.0, 1e6), what is an object or a list is compact JSON, and a path that finds nothing or null fails'
const MEMBERS =
  'a member that is null becomes the text null, and was empty there; numbers keep their own text, what is an object or a list is compact JSON; there both were errors'

/** Context of the entries of a resource. */
export interface EntryMapping {
  readonly findings: Findings
  /** Default store of entries. */
  readonly store: EsoStoreRef | undefined
  /** Records that a store is used. */
  readonly onStore: (store: EsoStoreRef, field: string) => void
}

/** A converted entry. */
export interface MappedEntry {
  readonly key: string
  readonly name?: string
  readonly versionId?: string
  readonly jmesPath?: readonly { readonly path: string; readonly objectAlias: string }[]
  readonly secretStoreRef?: object
}

/** Converts `spec.data`, with templates for values that must be decoded. */
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
    const { base, property } = mapRemoteRef(remoteRef, secretStoreRef, findings)
    if (byKey.has(secretKey)) findings.changed(item.at('secretKey'), `${secretKey} is set twice; the later entry wins`)
    byKey.delete(secretKey)
    const strategy = remoteRef.text('decodingStrategy') ?? 'None'
    if (strategy === 'Base64' || strategy === 'Base64URL') {
      decoding[secretKey] = decodingTemplate(secretKey, strategy satisfies Decoding)
      findings.changed(
        remoteRef.at('decodingStrategy'),
        'a template decodes it, and fails on invalid input',
        'remove the template if the secret is binary in KMS, because its bytes are written unchanged',
      )
    } else if (strategy !== 'None') {
      findings.suspends(
        remoteRef.at('decodingStrategy'),
        `${strategy} is not supported`,
        'use Base64, Base64URL or None',
      )
    }
    noteIgnored(remoteRef, 'conversionStrategy', 'Default', 'secretKey is the name of the key', findings)
    remoteRef.end(WHO)
    const picked = property === undefined ? undefined : pick(property, secretKey, remoteRef.at('property'), findings)
    const { key, ...where } = base
    byKey.set(secretKey, { key, ...(picked === undefined ? { name: secretKey } : { jmesPath: [picked] }), ...where })
  }
  return { data: grouped([...byKey.values()]), decoding }
}

/** Entries of the other operator's `dataFrom`. */
export interface MappedDataFrom {
  readonly dataProcess: readonly object[]
  readonly dataFrom: readonly object[]
  readonly generate: readonly object[]
}

/** Converts `spec.dataFrom`: extracts to `dataProcess`, finds to `dataFrom`, generators to `generate`. */
export function mapDataFrom(spec: ManifestFields, mapping: EntryMapping & GeneratedMapping): MappedDataFrom {
  const { findings } = mapping
  const dataProcess: object[] = []
  const dataFrom: object[] = []
  const generate: object[] = []
  for (const item of spec.list('dataFrom')) {
    const sourceRef = item.fields('sourceRef')
    const generatorRef = sourceRef?.fields('generatorRef')
    if (generatorRef !== undefined) {
      generate.push(...mapGenerated(item, generatorRef, mapping))
      sourceRef?.end(WHO)
      item.pass('rewrite')
      item.end(WHO)
      continue
    }
    const extract = item.fields('extract')
    const find = item.fields('find')
    const secretStoreRef = sourceOf(item, mapping)
    const rewrite = item.list('rewrite')
    const rules = rewrite.flatMap((operation) => mapRewrite(operation, findings))
    item.end(WHO)
    if (find !== undefined) {
      dataFrom.push({ find: mapFind(find, secretStoreRef, findings), ...(rules.length > 0 && { rewrite: rules }) })
    }
    if (extract === undefined) continue
    // By default that operator replaces characters that are invalid in keys.
    const replaceRule = rewrite.length > 0 ? rules : [{ source: '[^-._a-zA-Z0-9]', target: '_' }]
    const base = mapExtract(extract, secretStoreRef, findings)
    dataProcess.push({ extract: base, ...(replaceRule.length === 0 ? {} : { replaceRule }) })
  }
  return { dataProcess, dataFrom, generate }
}

function mapExtract(extract: ManifestFields, secretStoreRef: object | undefined, findings: Findings): MappedEntry {
  const { base, property } = mapRemoteRef(extract, secretStoreRef, findings)
  if (property !== undefined) {
    findings.suspends(
      extract.at('property'),
      'a part of a document cannot be extracted',
      'select its members in data with jmesPath, or store the part as a separate secret',
    )
  }
  refuseDecoding(extract, 'members are not decoded', findings)
  const conversion = extract.text('conversionStrategy') ?? 'Default'
  if (conversion === 'Unicode') {
    findings.suspends(
      extract.at('conversionStrategy'),
      'names are not written as _Uxxxx_',
      'rename the members that need it with replaceRule',
    )
  }
  findings.changed(extract.path, MEMBERS)
  extract.end(WHO)
  return base
}

/** A find by name, path and tags. Its Alibaba provider has none, so that no Secret depends on its details. */
function mapFind(find: ManifestFields, secretStoreRef: object | undefined, findings: Findings): object {
  const name = find.fields('name')
  const regexp = name?.text('regexp')
  name?.end(WHO)
  const path = find.text('path')
  const tags = find.has('tags') ? find.map('tags') : undefined
  refuseDecoding(find, 'values are not decoded', findings)
  if ((find.text('conversionStrategy') ?? 'Default') === 'Unicode') {
    findings.suspends(
      find.at('conversionStrategy'),
      'characters that a key cannot have become _, not _Uxxxx_',
      'rename the keys that need it with rewrite',
    )
  }
  if (path !== undefined) findings.changed(find.at('path'), 'a folder: app matches app/db, but not application')
  if (regexp === undefined && path === undefined && tags === undefined) {
    findings.refuses(find.path, 'no name, path or tags', 'name the secrets, or use name.regexp: .* for all')
  }
  findings.changed(find.path, 'if more than 500 secrets match, nothing is written')
  noteNullBytes(find, findings)
  find.end(WHO)
  return { ...(regexp !== undefined && { name: { regexp } }), ...defined({ path, tags, secretStoreRef }) }
}

/** A field that had no effect there either. */
function noteIgnored(ref: ManifestFields, name: string, byDefault: string, why: string, findings: Findings): void {
  ref.pass(name)
  if (ref.has(name) && ref.value[name] !== byDefault) findings.leftOut(ref.at(name), `it had no effect: ${why}`)
}

/** Its default accepts them, as this operator does. */
function noteNullBytes(ref: ManifestFields, findings: Findings): void {
  if ((ref.text('nullBytePolicy') ?? 'Ignore') === 'Ignore') return
  findings.changed(ref.at('nullBytePolicy'), 'a value with null bytes is written; there it was an error')
}

function refuseDecoding(entry: ManifestFields, why: string, findings: Findings): void {
  if ((entry.text('decodingStrategy') ?? 'None') === 'None') return
  findings.suspends(entry.at('decodingStrategy'), why, 'decode each with b64dec in target.template.data')
}

function mapRemoteRef(
  ref: ManifestFields,
  secretStoreRef: object | undefined,
  findings: Findings,
): { readonly base: MappedEntry; readonly property: string | undefined } {
  const key = ref.requiredText('key')
  const versionId = ref.text('version')
  noteIgnored(ref, 'metadataPolicy', 'None', 'its Alibaba provider has no metadata and returns the value', findings)
  noteNullBytes(ref, findings)
  return {
    base: {
      key,
      ...defined({ versionId, secretStoreRef }),
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
    findings.suspends(field, `not a path of names and indices: ${found.why}`, 'write it as a JMESPath expression')
    // A path that never matches shows that the entry is unfinished, and keeps the original text.
    return { path: JSON.stringify(property), objectAlias }
  }
  findings.changed(field, OWN_TEXT)
  if (found.hasIndex) {
    findings.changed(field, 'a number in it is a list index', 'put it in quotes if it is a name')
  }
  return { path: found.path, objectAlias }
}

/** A fixed text, or a fixed prefix or suffix, which is hardly ever the whole name of a key. */
const FIXED_TEXT = /^(?:\^?[-\w/.\\]*|[-\w/.\\]*\$)$/

function mapRewrite(operation: ManifestFields, findings: Findings): readonly object[] {
  const regexp = operation.fields('regexp')
  for (const name of ['transform', 'merge']) {
    if (!operation.has(name)) continue
    findings.suspends(
      operation.at(name),
      'keys can be renamed by regular expressions only',
      'write it as rules with source and target',
    )
  }
  operation.end(WHO)
  if (regexp === undefined) return []
  const rule = { source: regexp.requiredText('source'), target: regexp.text('target') ?? '' }
  regexp.end(WHO)
  if (rule.target === '' && !FIXED_TEXT.test(rule.source)) {
    findings.changed(
      regexp.at('target'),
      'a key of whose name nothing is left is an error (InvalidKey); there it was not written',
      'to leave out keys, list the others in data with jmesPath',
    )
  }
  return [rule]
}

/** The store of an entry. */
function sourceOf(item: ManifestFields, { findings, store, onStore }: EntryMapping): object | undefined {
  const sourceRef = item.fields('sourceRef')
  const own = sourceRef?.fields('storeRef')
  const isGenerated = sourceRef?.has('generatorRef') === true
  if (isGenerated) {
    findings.suspends(sourceRef.at('generatorRef'), 'an entry of data cannot be generated', 'use spec.generate')
  }
  sourceRef?.end(WHO)
  const used = own === undefined ? store : storeRefOf(own)
  if (used === undefined) {
    if (isGenerated) return undefined
    // Without one, an entry reads with the identity of the operator.
    findings.refuses(DEFAULT_STORE, 'required, because an entry names no store of its own')
    return undefined
  }
  onStore(used, own?.path ?? DEFAULT_STORE)
  return used.kind === 'ClusterSecretStore' ? { name: used.name, kind: used.kind } : { name: used.name }
}

/** `secretStoreRef` or `storeRef`. */
export function storeRefOf(ref: ManifestFields): EsoStoreRef {
  const name = ref.requiredText('name')
  const kind = ref.text('kind') === 'ClusterSecretStore' ? 'ClusterSecretStore' : 'SecretStore'
  ref.end(WHO)
  return { kind, name }
}

/** Merges adjacent entries that select from the same secret. */
function grouped(entries: readonly MappedEntry[]): readonly MappedEntry[] {
  const groups: MappedEntry[] = []
  for (const entry of entries) {
    const last = groups.at(-1)
    const paths = last?.jmesPath ?? []
    const hasRoom = paths.length > 0 && paths.length < LIMITS.jmesPaths
    if (last !== undefined && hasRoom && entry.jmesPath !== undefined && sourceText(last) === sourceText(entry)) {
      groups[groups.length - 1] = { ...last, jmesPath: [...paths, ...entry.jmesPath] }
    } else groups.push(entry)
  }
  return groups
}

function sourceText({ key, versionId, secretStoreRef }: MappedEntry): string {
  return JSON.stringify([key, versionId, secretStoreRef])
}
