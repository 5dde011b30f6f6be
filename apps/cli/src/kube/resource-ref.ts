import { UsageError } from '@ack-secret-manager/command-line'
import { isClusterScoped, type ResourceKind } from '@ack-secret-manager/resources'

/** A resource that a user names. */
export interface ResourceRef {
  readonly kind: ResourceKind
  /** Undefined if the user typed none. */
  readonly namespace: string | undefined
  readonly name: string
}

/** Names of kinds before a `/`, in lower case: names and short names of kubectl, and shorter ones. */
const KIND_NAMES: ReadonlyMap<string, ResourceKind> = new Map(
  (
    [
      ['ExternalSecret', ['externalsecret', 'externalsecrets', 'aes', 'es']],
      ['SecretStore', ['secretstore', 'secretstores', 'asts', 'store', 'stores']],
      ['ClusterSecretStore', ['clustersecretstore', 'clustersecretstores', 'css', 'clusterstore', 'clusterstores']],
      ['ClusterExternalSecret', ['clusterexternalsecret', 'clusterexternalsecrets', 'ces']],
      ['PushSecret', ['pushsecret', 'pushsecrets', 'aps', 'push']],
    ] as const
  ).flatMap(([kind, names]) => names.map((name) => [name, kind] as const)),
)

const NAME = /^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/
const FORMS = 'expected NAME, NAMESPACE/NAME or KIND/NAME with the kind es, store, css or ces'

/** The kind of a word before a `/`; undefined if it names none. */
export function kindNamed(word: string): ResourceKind | undefined {
  return KIND_NAMES.get(word.toLowerCase().replace(/\..*$/, ''))
}

/** Options of {@link parseResourceRef}. */
export interface ResourceRefOptions {
  /** Whether PushSecrets may be named. @default false */
  readonly pushSecrets?: boolean
}

/**
 * Parses `NAME`, `NAMESPACE/NAME`, `KIND/NAME` or `KIND/NAMESPACE/NAME`. A first word that names a kind is the kind.
 * @throws UsageError
 */
export function parseResourceRef(text: string, { pushSecrets = false }: ResourceRefOptions = {}): ResourceRef {
  const parts = text.split('/')
  const kind = parts.length > 1 ? kindNamed(parts[0] ?? '') : undefined
  const names = kind === undefined ? parts : parts.slice(1)
  const name = names.at(-1) ?? ''
  const namespace = names.length > 1 ? names[0] : undefined
  const isValid = names.length <= 2 && names.every((each) => NAME.test(each))
  if (!isValid) throw new UsageError(`${NAME.test(name) ? name : 'NAME'}: ${FORMS}`)
  const found = kind ?? 'ExternalSecret'
  if (found === 'PushSecret' && !pushSecrets)
    throw new UsageError(
      `${name}: a PushSecret, which acksm tree shows; its annotation alibabacloud.com/refresh-now pushes again`,
    )
  if (namespace !== undefined && isClusterScoped(found)) throw new UsageError(`${name}: ${found} has no namespace`)
  return { kind: found, namespace, name }
}
