import { SecretSyncError } from '@ack-secret-manager/core'
import { EndpointPatterns, parsedEndpoint } from './endpoint-patterns.ts'

/** Maximum number of additional patterns. */
const MAX_PATTERNS = 1_000

/**
 * The endpoints that a resource may name. Without this list a tenant could send the operator to the metadata service, or to
 * a host that collects signed requests. Patterns are anchored `HOST[:PORT]`; the default port is 443. An IP address matches
 * only a literal pattern.
 */
export class EndpointAllowList {
  readonly #patterns: EndpointPatterns

  /**
   * @param always patterns of the drivers
   * @throws SecretSyncError `InvalidSpec` for a malformed pattern, naming the flag
   */
  constructor(always: readonly string[], added: readonly string[] = []) {
    if (added.length > MAX_PATTERNS) {
      throw new SecretSyncError(
        'InvalidSpec',
        `--allow-endpoint: got ${added.length} patterns, at most ${MAX_PATTERNS} are allowed`,
      )
    }
    this.#patterns = new EndpointPatterns([...always, ...added], () => '--allow-endpoint')
  }

  /**
   * The endpoint in canonical form.
   * @param where names object and field, for the error: `SecretStore prod/kms: spec.KMS.endpoint`
   * @throws SecretSyncError `InvalidSpec` when it is malformed or not allowed
   */
  check(endpoint: string, where: string): string {
    const canonical = parsedEndpoint(endpoint, where)
    if (this.#patterns.matches(canonical)) return canonical
    throw new SecretSyncError(
      'InvalidSpec',
      `${where}: ${canonical} is not an allowed endpoint; allow it with --allow-endpoint ${canonical}`,
    )
  }
}
