import { defined, SecretSyncError } from '@ack-secret-manager/core'
import { type AllowEntry, namespaceMatcher, type SecretStoreSpec } from '@ack-secret-manager/resources'
import { EndpointPatterns } from './endpoint-patterns.ts'
import { GlobSubject, SecretGlob } from './secret-glob.ts'
import { type TokenRules, type TokenSubject, whyNoToken } from './token-admission.ts'

/** Labels of a namespace; undefined where they are unknown. */
export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>> | undefined

/** Steps for all patterns of a store and one name: about 0.1 ms. A spec has up to 384 names, all matched in one turn of the event loop. */
const MAX_STEPS = 30_000

/** Which namespaces may use a store, and which secrets they may read and write. */
export interface Admission {
  /**
   * @param secret name of the requested secret
   * @param endpoint canonical; undefined for the store's own endpoint
   * @throws SecretSyncError `StoreNotAllowed`
   */
  check(namespace: string, secret: string | undefined, endpoint: string | undefined): void
  /**
   * @param secret name of the secret to write; undefined: any secret
   * @throws SecretSyncError `StoreNotAllowed`
   */
  checkPush(namespace: string, secret: string | undefined): void
  /** @throws SecretSyncError `StoreNotAllowed` */
  checkToken(namespace: string, token: TokenSubject): void
  /**
   * Whether a namespace may use the list of the store's secrets. Each name still needs {@link check}.
   * @throws SecretSyncError `StoreNotAllowed`
   */
  checkList(namespace: string): void
}

type AdmissionField = 'conditions' | 'allow' | 'allowPush' | 'allowTokens'

export interface AdmissionContext {
  readonly label: string
  /** Undefined if namespaces are not watched: selectors other than `{}` match nothing. */
  readonly labelsOf: NamespaceLabels | undefined
  readonly tokens: Omit<TokenRules, 'allowTokens'>
}

/**
 * Compiles the {@link Admission} of a store. Errors name the store by `label`: `ClusterSecretStore shared`.
 * @throws SecretSyncError `InvalidSpec` for a malformed pattern of an endpoint
 */
export function admissionOf(
  { conditions, allow, allowPush, allowTokens }: Pick<SecretStoreSpec, AdmissionField>,
  { label, labelsOf, tokens }: AdmissionContext,
): Admission {
  const admitted = conditions && namespaceMatcher(conditions)
  const rules = allow?.map((entry, index) => ({
    ...ruleOf(entry),
    endpoints: endpointsOf(entry, `${label}: spec.allow[${index}]`),
  }))
  const pushRules = allowPush?.map(ruleOf)
  const needsLabels = conditions?.some(({ namespaceSelector }) => namespaceSelector !== undefined) === true
  const checkNamespace = (namespace: string): void => {
    if (admitted?.matches(namespace, () => labelsOf?.(namespace)) !== false) return
    const what = `${label} does not admit namespace ${namespace}`
    throw notAllowed(
      needsLabels && labelsOf === undefined
        ? `${what}: its labels are not watched without --process-cluster-secret-store; spec.conditions of the store can list it by name`
        : `${what}; spec.conditions of the store lists the admitted namespaces`,
    )
  }
  return {
    checkPush(namespace, secret) {
      checkNamespace(namespace)
      if (pushRules === undefined)
        throw notAllowed(`${label} allows no PushSecret to write; spec.allowPush of the store can allow it`)
      const name = secret === undefined ? 'any secret' : JSON.stringify(secret)
      const listed = Object.entries({ allowPush: pushRules, ...defined({ allow: rules }) })
      for (const [field, list] of listed) {
        const subject = secret === undefined ? undefined : new GlobSubject(secret, MAX_STEPS)
        const allows = (rule: AllowRule): boolean =>
          subject ? isAllowed(rule, namespace, subject) : isFor(rule.namespaces, namespace)
        if (list.some(allows)) continue
        const what = `${label} does not allow namespace ${namespace} to write ${name}`
        throw notAllowed(`${what}; spec.${field} of the store lists the allowed secrets`)
      }
    },
    checkToken(namespace, subject) {
      checkNamespace(namespace)
      const why = whyNoToken({ allowTokens, ...tokens }, { namespace, subject })
      if (why !== undefined) throw notAllowed(`${label} ${why}`)
    },
    checkList(namespace) {
      checkNamespace(namespace)
      if (rules?.some(({ namespaces }) => isFor(namespaces, namespace)) === false) {
        const what = `${label} does not allow namespace ${namespace} to read any secret`
        throw notAllowed(`${what}; spec.allow of the store lists the allowed secrets`)
      }
    },
    check(namespace, secret, endpoint) {
      checkNamespace(namespace)
      if (rules === undefined) return
      if (secret === undefined)
        throw notAllowed(`${label} allows only the secrets of its spec.allow, and the request names no secret`)
      const subject = new GlobSubject(secret, MAX_STEPS)
      const allowing = rules.filter((rule) => isAllowed(rule, namespace, subject))
      // A rule whose comparison was cut short allows nothing.
      if (subject.left < 0 && allowing.length === 0) {
        throw notAllowed(
          `${label}: spec.allow has too many wildcards to match ${JSON.stringify(secret)}; use fewer wildcards`,
        )
      }
      const what = `${label} does not allow namespace ${namespace} to read ${JSON.stringify(secret)}`
      if (allowing.length === 0) throw notAllowed(`${what}; spec.allow of the store lists the allowed secrets`)
      if (endpoint === undefined || allowing.some(({ endpoints }) => endpoints.matches(endpoint))) return
      throw notAllowed(
        `kmsEndpoint: ${what} at ${endpoint}; spec.allow[].endpoints of the store lists the allowed endpoints`,
        'kmsEndpoint',
      )
    },
  }
}

function endpointsOf({ endpoints }: AllowEntry, where: string): EndpointPatterns {
  return new EndpointPatterns(endpoints, (index) => `${where}.endpoints[${index}]`)
}

function notAllowed(message: string, field?: string): SecretSyncError {
  return new SecretSyncError('StoreNotAllowed', message, { facts: defined({ field }) })
}

interface AllowRule {
  readonly namespaces: ReadonlySet<string>
  readonly globs: readonly SecretGlob[]
}

function ruleOf({ namespaces, secrets }: Pick<AllowEntry, 'namespaces' | 'secrets'>): AllowRule {
  return { namespaces: new Set(namespaces), globs: secrets.map((pattern) => new SecretGlob(pattern)) }
}

function isFor(namespaces: ReadonlySet<string>, namespace: string): boolean {
  return namespaces.size === 0 || namespaces.has(namespace)
}

function isAllowed({ namespaces, globs }: AllowRule, namespace: string, subject: GlobSubject): boolean {
  const { name: secret } = subject
  if (!isFor(namespaces, namespace)) return false
  const isArn = secret.startsWith('acs:')
  // A server that resolves dot segments or percent-encoding would read outside the segment that the pattern names.
  const leavesSegment = /(^|\/)\.{1,2}(\/|$)|%2[ef]/i.test(secret)
  return globs.some((glob) => {
    const { pattern } = glob
    if (pattern === secret) return true
    // The slashes of an ARN are not those of a secret name, and the ARN can name another account.
    if (leavesSegment || (isArn && !pattern.startsWith('acs:') && pattern !== '**')) return false
    return glob.matches(subject)
  })
}
