import { SecretSyncError } from '@ack-secret-manager/core'
import type { AllowEntry, NamespaceSelector, SecretStoreSpec, StoreCondition } from '@ack-secret-manager/resources'
import { RE2JS } from 're2js'
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
  const admits = conditions?.map((condition) => conditionOf(condition, labelsOf))
  return {
    check(namespace, secret) {
      if (admits !== undefined && !admits.some((admit) => admit(namespace))) {
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

function conditionOf(condition: StoreCondition, labelsOf: NamespaceLabels): (namespace: string) => boolean {
  const { namespaceSelector: selector, namespaces, namespaceRegexes } = condition
  const names = new Set(namespaces)
  const regexes = namespaceRegexes.flatMap((regex) => compiled(regex) ?? [])
  return (namespace) =>
    names.has(namespace) ||
    regexes.some((regex) => regex.matches(namespace)) ||
    (selector !== undefined && selects(selector, () => labelsOf(namespace)))
}

/** Undefined for one that does not compile: it admits nobody, and the others are heard. */
function compiled(regex: string): RE2JS | undefined {
  try {
    return RE2JS.compile(regex)
  } catch {
    return undefined
  }
}

/** Kubernetes API conventions, LabelSelector: all of it must be true; an empty one selects everything. */
function selects(
  { matchLabels, matchExpressions }: NamespaceSelector,
  lookUp: () => Readonly<Record<string, string>> | undefined,
): boolean {
  const wanted = Object.entries(matchLabels)
  if (wanted.length === 0 && matchExpressions.length === 0) return true
  const labels = lookUp()
  // Not knowing a label is not the same as its absence.
  if (labels === undefined) return false
  const valueOf = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  return (
    wanted.every(([key, value]) => valueOf(key) === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = valueOf(key)
      switch (operator) {
        case 'Exists':
          return value !== undefined
        case 'DoesNotExist':
          return value === undefined
        case 'In':
          return value !== undefined && values.includes(value)
        case 'NotIn':
          return value === undefined || !values.includes(value)
      }
    })
  )
}

function isAllowed({ namespaces, secrets }: AllowEntry, namespace: string, secret: string): boolean {
  if (namespaces.length > 0 && !namespaces.includes(namespace)) return false
  return secrets.some((pattern) => isNamed(pattern, secret))
}

function isNamed(pattern: string, secret: string): boolean {
  if (pattern === secret) return true
  // The slashes of an ARN are not those of a name, and it may mean another account.
  if (secret.startsWith('acs:') && !pattern.startsWith('acs:') && pattern !== '**') return false
  // What takes names for paths would leave the segment that the pattern names.
  if (/(^|\/)\.{1,2}(\/|$)/.test(secret)) return false
  return matchesGlob(pattern, secret)
}
