import { type Role, roleArn } from './role.ts'

/** The roles that exist. A deleted one is remembered, so that it can be brought back as it was. */
export class Roles {
  readonly #live = new Map<string, Role>()
  readonly #deleted = new Map<string, Role>()

  constructor(roles: Iterable<Role>) {
    for (const role of roles) this.#live.set(role.name, role)
  }

  get(name: string): Role | undefined {
    return this.#live.get(name)
  }

  /** RAM writes role names in ARNs in lower case and takes them in any. */
  findByArn(arn: string): Role | undefined {
    const wanted = arn.toLowerCase()
    return [...this.#live.values()].find((role) => roleArn(role).toLowerCase() === wanted)
  }

  /** The role as it is, or as it was when it was deleted. */
  lastKnown(name: string): Role | undefined {
    return this.#live.get(name) ?? this.#deleted.get(name)
  }

  put(role: Role): void {
    this.#live.set(role.name, role)
    this.#deleted.delete(role.name)
  }

  /** False when there is no such role. */
  delete(name: string): boolean {
    const role = this.#live.get(name)
    if (role === undefined) return false
    this.#live.delete(name)
    this.#deleted.set(name, role)
    return true
  }
}
