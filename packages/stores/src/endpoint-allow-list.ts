import { SecretSyncError } from '@ack-secret-manager/core'
import { EndpointPatterns, parsedEndpoint } from './internal/admission/endpoint-patterns.ts'

/**
 * Endpoints that resources may always name. `*` stands for one or more characters of one label, and right before
 * `aliyuncs.com` for a region.
 */
export const DEFAULT_ALLOWED_ENDPOINTS: readonly string[] = [
  'kms.*.aliyuncs.com',
  'kms-vpc.*.aliyuncs.com',
  '*.cryptoservice.kms.aliyuncs.com',
  'oos.*.aliyuncs.com',
  'oos-vpc.*.aliyuncs.com',
]

/** Most patterns that can be added. */
const MAX_PATTERNS = 1_000

/**
 * Which endpoints a resource may name, so that nobody can point the process at the metadata service or at a host that
 * collects signed requests. Patterns are anchored `HOST[:PORT]`; without a port they mean 443, and an IP address matches
 * only where it is written out.
 */
export class EndpointAllowList {
  readonly #patterns: EndpointPatterns

  /** @throws SecretSyncError `InvalidSpec` for a pattern that is none, naming the flag */
  constructor(added: readonly string[] = []) {
    if (added.length > MAX_PATTERNS) {
      throw new SecretSyncError(
        'InvalidSpec',
        `--allow-endpoint: ${added.length} given, at most ${MAX_PATTERNS} are taken`,
      )
    }
    this.#patterns = new EndpointPatterns([...DEFAULT_ALLOWED_ENDPOINTS, ...added], () => '--allow-endpoint')
  }

  /**
   * The endpoint in canonical form.
   * @param where names the place that asks for it, for the error: `SecretStore prod/kms: spec.KMS.endpoint`
   * @throws SecretSyncError `InvalidSpec` when it is malformed or not allowed
   */
  check(endpoint: string, where: string): string {
    const canonical = parsedEndpoint(endpoint, where)
    if (this.#patterns.matches(canonical)) return canonical
    throw new SecretSyncError(
      'InvalidSpec',
      `${where}: ${canonical} is not among the allowed endpoints; --allow-endpoint ${canonical} would allow it`,
    )
  }
}
