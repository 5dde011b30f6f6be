import { SecretSyncError } from '@ack-secret-manager/core'
import { type AllowEntry, namespaceMatcher, type SecretStoreSpec } from '@ack-secret-manager/resources'
import { matchesGlob } from './secret-glob.ts'

/** Labels of a namespace; undefined where nobody knows them. */
export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>> | undefined

/** Who may use a store, and to read what. */
export interface Admission {
  /**
   * @param secret name of the secret that is to be read
   * @throws SecretSyncError `StoreNotAllowed`
   */
  check(namespace: string, secret: string | undefined): void
}

/** {@link Admission} of a store, which `label` names in errors: `ClusterSecretStore shared`. */
export function admissionOf(
  { conditions, allow }: Pick<SecretStoreSpec, 'conditions' | 'allow'>,
  { label, labelsOf }: { readonly label: string; readonly labelsOf: NamespaceLabels },
): Admission {
  const admitted = conditions && namespaceMatcher(conditions)
  return {
    check(namespace, secret) {
      if (admitted?.matches(namespace, () => labelsOf(namespace)) === false) {
        throw refused(`${label} does not admit namespace ${namespace}; its spec.conditions say who may use it`)
      }
      if (allow === undefined) return
      if (secret === undefined)
        throw refused(`${label} lets only the secrets of its spec.allow be read, and none is named`)
      if (allow.some((entry) => isAllowed(entry, namespace, secret))) return
      throw refused(
        `${label} does not let namespace ${namespace} read ${JSON.stringify(secret)}; its spec.allow says who may read what`,
      )
    },
  }
}

function refused(message: string): SecretSyncError {
  return new SecretSyncError('StoreNotAllowed', message)
}

function isAllowed({ namespaces, secrets }: AllowEntry, namespace: string, secret: string): boolean {
  if (namespaces.length > 0 && !namespaces.includes(namespace)) return false
  return secrets.some((pattern) => isNamed(pattern, secret))
}

function isNamed(pattern: string, secret: string): boolean {
  if (pattern === secret) return true
  // The slashes of an ARN are not those of a name, and it may mean another account.
  if (secret.startsWith('acs:') && !pattern.startsWith('acs:') && pattern !== '**') return false
  // What takes names for paths, or decodes them, would leave the segment that the pattern names.
  if (/(^|\/)\.{1,2}(\/|$)|%2[ef]/i.test(secret)) return false
  return matchesGlob(pattern, secret)
}
