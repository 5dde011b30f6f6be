import { NamedRegistry } from '../named-registry.ts'
import { type Role, roleArn } from './role.ts'

/** The roles that exist. */
export class Roles extends NamedRegistry<Role> {
  constructor(roles: Iterable<Role>) {
    super(roles, ({ name }) => name)
  }

  /** RAM writes role names in ARNs in lower case and accepts any case. */
  findByArn(arn: string): Role | undefined {
    const wanted = arn.toLowerCase()
    return this.list().find((role) => roleArn(role).toLowerCase() === wanted)
  }
}
