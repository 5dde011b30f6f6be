import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { untilAllowed } from '../access-review.ts'

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

interface RoleObject {
  readonly rules: readonly Rule[]
}

/** Options of {@link GrantedRole}. */
export interface GrantedRoleOptions {
  readonly request: ApiRequest
  /** Path of the Role or ClusterRole. */
  readonly path: string
  /** Subject of its binding. */
  readonly user: string
  /** Namespace in which its permissions are used. */
  readonly namespace: string
}

/** A role of the chart whose permissions can be removed and restored one at a time. */
export class GrantedRole {
  readonly #options: GrantedRoleOptions

  constructor(options: GrantedRoleOptions) {
    this.#options = options
  }

  /**
   * Removes a permission. Resolves when the API server denies it. @returns a function that restores it, and resolves when the API server
   * allows it
   */
  async revoke(permission: string): Promise<() => Promise<void>> {
    const { request, path } = this.#options
    const role = (await request<RoleObject>('GET', path)).body
    const [verb = '', resource = ''] = permission.split(' ')
    const rule = role.rules.find(({ resources, verbs }) => resources.includes(resource) && verbs.includes(verb))
    if (rule === undefined) throw new Error(`${path} has no permission to ${permission}`)
    const attributes = { verb, resource, group: rule.apiGroups[0] ?? '', name: rule.resourceNames?.[0] ?? '' }
    await this.#put(role.rules.flatMap((each) => withoutVerb(each, verb, resource)))
    await this.#until(attributes, false)
    return async () => {
      await this.#put(role.rules)
      await this.#until(attributes, true)
    }
  }

  async #put(rules: readonly Rule[]): Promise<void> {
    const { request, path } = this.#options
    const { status } = await request('PATCH', path, { rules })
    if (status !== 200) throw new Error(`${path}: HTTP ${status}`)
  }

  async #until(
    permission: { verb: string; resource: string; group: string; name: string },
    allowed: boolean,
  ): Promise<void> {
    const { request, user, namespace } = this.#options
    const [resource = '', subresource = ''] = permission.resource.split('/')
    await untilAllowed(request, user, { ...permission, resource, subresource, namespace }, allowed)
  }
}

/** The rule without one verb on one of its resources. */
function withoutVerb(rule: Rule, verb: string, resource: string): Rule[] {
  if (!rule.resources.includes(resource) || !rule.verbs.includes(verb)) return [rule]
  const others = rule.resources.filter((each) => each !== resource)
  const verbs = rule.verbs.filter((each) => each !== verb)
  return [
    ...(others.length === 0 ? [] : [{ ...rule, resources: others }]),
    ...(verbs.length === 0 ? [] : [{ ...rule, resources: [resource], verbs }]),
  ]
}
