import { UsageError } from '@ack-secret-manager/command-line'
import { API_VERSION, parseExternalSecret } from '@ack-secret-manager/resources'
import { InputError } from '../input-error.ts'
import type { Manifests } from '../manifests/manifests.ts'
import { printable } from '../output/printable.ts'
import type { NamedSecrets } from './named-secrets.ts'
import { SUBSTITUTE } from './shown-key.ts'

/** Namespace and name of the only Secret of `--get` and `--all`. */
const GET_TARGET = { namespace: 'default', name: 'get' }

/**
 * Manifests with one ExternalSecret, which reads with the identity of the process.
 * @param maySubstitute whether a name in a document that cannot be a key of a Secret becomes one with {@link SUBSTITUTE}
 * @throws UsageError for an invalid entry
 */
export function manifestsOf({ entries, all }: NamedSecrets, maySubstitute = false): Manifests {
  const data = entries.map(({ variable, secret, path }) =>
    path === undefined ? { key: secret, name: variable } : { key: secret, jmesPath: [{ path, objectAlias: variable }] },
  )
  // A key begins once, so that the text before it is added once.
  const dataProcess = all.map(({ secret: key, prefix }) => {
    const replaceRule = [
      ...(maySubstitute ? [{ source: String.raw`[^\w.-]|^$`, target: SUBSTITUTE }] : []),
      ...(prefix === '' ? [] : [{ source: '^', target: prefix }]),
    ]
    return { extract: { key }, ...(replaceRule.length > 0 && { replaceRule }) }
  })
  const parsed = parseExternalSecret(
    { apiVersion: API_VERSION, kind: 'ExternalSecret', metadata: GET_TARGET, spec: { data, dataProcess } },
    { defaultNamespace: GET_TARGET.namespace },
  )
  if (!parsed.ok) {
    const [first] = parsed.problems
    const [, list, index] = /^spec\.(data|dataProcess)\[(\d+)\]/.exec(first?.field ?? '') ?? []
    const flag =
      list === 'dataProcess' ? `--all ${all[Number(index)]?.secret}` : `--get ${entries[Number(index ?? 0)]?.variable}`
    throw new UsageError(`${flag}: ${first?.message}`)
  }
  return {
    externalSecrets: new Map([[`${GET_TARGET.namespace}/${GET_TARGET.name}`, parsed.resource]]),
    duplicates: new Map(),
    stores: new Map(),
    idle: [],
    pushSecrets: 0,
    secrets: new Map(),
    configMaps: new Map(),
    namespaces: new Map(),
    ignored: new Map(),
  }
}

/** The manifests without ExternalSecrets that write other Secrets. @param chosen `NAME` or `NAMESPACE/NAME` @throws InputError */
export function onlySecrets(manifests: Manifests, chosen: readonly string[]): Manifests {
  if (chosen.length === 0) return manifests
  const named = [...manifests.externalSecrets].map(([key, resource]) => {
    const { metadata, spec } = resource
    return { key, resource, namespace: metadata.namespace, name: spec.target.name ?? metadata.name }
  })
  const isNamed = (choice: string, { namespace, name }: (typeof named)[number]): boolean =>
    choice === name || choice === `${namespace}/${name}`
  const unknown = chosen.filter((choice) => !named.some((each) => isNamed(choice, each)))
  if (unknown.length > 0) {
    const known = [...new Set(named.map(({ namespace, name }) => `${namespace}/${name}`))].toSorted()
    const some = `${known.slice(0, 10).join(', ')}${known.length > 10 ? ` and ${known.length - 10} more` : ''}`
    throw new InputError(unknown.map((choice) => printable(`--secret ${choice}: the manifests write ${some}`)))
  }
  const kept = named.filter((each) => chosen.some((choice) => isNamed(choice, each)))
  return { ...manifests, externalSecrets: new Map(kept.map(({ key, resource }) => [key, resource])) }
}
