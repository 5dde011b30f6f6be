import { Document, isMap, isScalar } from 'yaml'
import type { KeyRecord, Sensitive, TargetMetadata } from '@ack-secret-manager/core'
import { decodeGeneratedVersion, isGenerated } from '@ack-secret-manager/sync-engine'
import { kubectlYaml } from '../output/kubectl-yaml.ts'
import { printable } from '../output/printable.ts'
import type { RenderedSecret } from './memory-secret-writer.ts'

/** Not valid base64, so that the API server rejects it if it is applied by mistake. */
const MASK = '********'
/** Maximum length of the comment after a key. */
const MAX_ORIGIN_LENGTH = 160

/** A Secret as a Kubernetes object: text under `stringData`, other bytes under `data`; masked, all under `data`. */
export function secretObject(secret: RenderedSecret, showValues: boolean): object {
  const { target, type, immutable, data, metadata, sources } = secret
  const binary = new Map<string, string>()
  const text = new Map<string, string>()
  for (const [key, value] of [...data].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const { secret: origin = '' } = sources.get(key) ?? {}
    // No base64 either. A placeholder that is applied would be a known password.
    if (isGenerated(origin)) binary.set(key, `<${origin}>`)
    else if (!showValues) binary.set(key, MASK)
    else {
      const decoded = textOf(value)
      if (decoded === undefined) binary.set(key, Buffer.from(value.expose()).toString('base64'))
      else text.set(key, decoded)
    }
  }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: target.name,
      namespace: target.namespace,
      ...metadataOf('labels', metadata, showValues),
      ...metadataOf('annotations', metadata, showValues),
    },
    type,
    ...(immutable ? { immutable } : {}),
    ...(binary.size > 0 ? { data: Object.fromEntries(binary) } : {}),
    ...(text.size > 0 ? { stringData: Object.fromEntries(text) } : {}),
  }
}

/** Labels and annotations are masked too, because templates may put values into them. */
function metadataOf(part: 'labels' | 'annotations', metadata: TargetMetadata, showValues: boolean): object {
  const ours = [...metadata].filter(([name]) => name.startsWith(`${part}/`)).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const map = ours.map(([name, value]) => [name.slice(part.length + 1), showValues ? value : MASK])
  return map.length === 0 ? {} : { [part]: Object.fromEntries(map) as object }
}

/** The same as a YAML document with the source of each key as a comment. */
export function secretYaml(secret: RenderedSecret, showValues: boolean): string {
  // YAML 1.1 parsers, such as kubectl's, need quotes for `yes`, `on` and dates.
  const document = new Document(secretObject(secret, showValues), { version: '1.1' })
  for (const field of ['data', 'stringData']) {
    const map = document.get(field, true)
    if (!isMap(map)) continue
    for (const { key, value } of map.items) {
      const source = isScalar(key) ? secret.sources.get(String(key.value)) : undefined
      // A multi-line value has no room for a comment.
      const place =
        isScalar(value) && typeof value.value === 'string' && !value.value.includes('\n') ? value : undefined
      if (source && place && !isGenerated(source.secret)) place.comment = ` ${printable(originOf(source))}`
    }
  }
  return kubectlYaml(document)
}

/** Shortened, because a template may use hundreds of secrets. */
function originOf({ secret, versionId }: KeyRecord): string {
  // The version of a generated value is the time of this run.
  const versions = versionId.split(', ').filter((version) => decodeGeneratedVersion(version) === undefined)
  const origin = [secret, versions.join(', ')].join(' ').trimEnd()
  return origin.length <= MAX_ORIGIN_LENGTH ? origin : `${origin.slice(0, MAX_ORIGIN_LENGTH)}…`
}

function textOf(value: Sensitive<Uint8Array>): string | undefined {
  try {
    // Text that YAML cannot represent is encoded as base64.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value.expose())
    return /^[\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u.test(text)
      ? text
      : undefined
  } catch {
    return undefined
  }
}
