import { SecretSyncError } from '@ack-secret-manager/core'
import { type AllowEntry, namespaceMatcher, type SecretStoreSpec } from '@ack-secret-manager/resources'
import { EndpointPatterns } from './endpoint-patterns.ts'
import { GlobSubject, SecretGlob } from './secret-glob.ts'

/** Labels of a namespace; undefined where nobody knows them. */
export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>> | undefined

/** Steps that all patterns of a store may take for one name: about 0.1 ms. A spec has up to 384 names, all compared in one turn. */
const MAX_STEPS = 30_000

/** Who may use a store, and to read what. */
export interface Admission {
  /**
   * @param secret name of the secret that is to be read
   * @param endpoint canonical; undefined for the store's own endpoint
   * @throws SecretSyncError `StoreNotAllowed`
   */
  check(namespace: string, secret: string | undefined, endpoint: string | undefined): void
}

/**
 * {@link Admission} of a store, which `label` names in errors: `ClusterSecretStore shared`.
 * @throws SecretSyncError `InvalidSpec` for a malformed pattern of an endpoint
 */
export function admissionOf(
  { conditions, allow }: Pick<SecretStoreSpec, 'conditions' | 'allow'>,
  { label, labelsOf }: { readonly label: string; readonly labelsOf: NamespaceLabels },
): Admission {
  const admitted = conditions && namespaceMatcher(conditions)
  const rules = allow?.map((entry, index) => ({
    namespaces: new Set(entry.namespaces),
    globs: entry.secrets.map((pattern) => new SecretGlob(pattern)),
    endpoints: endpointsOf(entry, `${label}: spec.allow[${index}]`),
  }))
  return {
    check(namespace, secret, endpoint) {
      if (admitted?.matches(namespace, () => labelsOf(namespace)) === false) {
        throw refused(`${label} does not admit namespace ${namespace}; its spec.conditions say who may use it`)
      }
      if (rules === undefined) return
      if (secret === undefined)
        throw refused(`${label} lets only the secrets of its spec.allow be read, and none is named`)
      const subject = new GlobSubject(secret, MAX_STEPS)
      const allowing = rules.filter((rule) => isAllowed(rule, namespace, subject))
      // A rule that was not compared to the end allows nothing.
      if (subject.left < 0 && allowing.length === 0) {
        throw refused(
          `${label}: spec.allow has too many wildcards to compare with ${JSON.stringify(secret)}; use fewer`,
        )
      }
      const what = `${label} does not let namespace ${namespace} read ${JSON.stringify(secret)}`
      if (allowing.length === 0) throw refused(`${what}; its spec.allow says who may read what`)
      if (endpoint === undefined || allowing.some(({ endpoints }) => endpoints.matches(endpoint))) return
      throw refused(
        `kmsEndpoint: ${what} at ${endpoint}; endpoints in its spec.allow lists the allowed endpoints`,
        'kmsEndpoint',
      )
    },
  }
}

function endpointsOf({ endpoints }: AllowEntry, where: string): EndpointPatterns {
  return new EndpointPatterns(endpoints, (index) => `${where}.endpoints[${index}]`)
}

function refused(message: string, field?: string): SecretSyncError {
  return new SecretSyncError('StoreNotAllowed', message, { facts: field === undefined ? {} : { field } })
}

interface AllowRule {
  readonly namespaces: ReadonlySet<string>
  readonly globs: readonly SecretGlob[]
  readonly endpoints: EndpointPatterns
}

function isAllowed({ namespaces, globs }: AllowRule, namespace: string, subject: GlobSubject): boolean {
  const { name: secret } = subject
  if (namespaces.size > 0 && !namespaces.has(namespace)) return false
  const isArn = secret.startsWith('acs:')
  // What takes names for paths, or decodes them, would leave the segment that the pattern names.
  const leavesSegment = /(^|\/)\.{1,2}(\/|$)|%2[ef]/i.test(secret)
  return globs.some((glob) => {
    const { pattern } = glob
    if (pattern === secret) return true
    // The slashes of an ARN are not those of a name, and it may mean another account.
    if (leavesSegment || (isArn && !pattern.startsWith('acs:') && pattern !== '**')) return false
    return glob.matches(subject)
  })
}
