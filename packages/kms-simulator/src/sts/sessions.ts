import { randomBytes } from 'node:crypto'
import type { AccessKey, AssumedRole } from '../gateway/access-keys.ts'
import type { AllowStatement } from '../gateway/policy.ts'
import { type Role, roleArn } from './role.ts'
import type { Roles } from './roles.ts'

/** The issued credential of a session. */
export interface SessionCredential {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken: string
  readonly expiresAtMs: number
  readonly session: AssumedRole
}

/** Input of a new session. */
export interface SessionRequest {
  readonly role: Role
  readonly sessionName: string
  readonly durationSeconds: number
  readonly nowMs: number
  readonly narrowedBy?: readonly AllowStatement[] | undefined
}

interface OpenSession extends SessionCredential {
  readonly narrowedBy: readonly AllowStatement[] | undefined
  revoked: boolean
}

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789'
const MAX_SESSIONS = 100_000

function randomText(length: number): string {
  return [...randomBytes(length)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('')
}

/**
 * The sessions of roles. Their permissions are those that the role has at the time of a call. Expired and revoked sessions are kept, so
 * that a call with one gets the correct error; beyond 100,000 the oldest are dropped.
 */
export class Sessions {
  readonly #roles: Roles
  readonly #sessions = new Map<string, OpenSession>()

  constructor(roles: Roles) {
    this.#roles = roles
  }

  open(request: SessionRequest): SessionCredential {
    const { role, sessionName, durationSeconds, nowMs, narrowedBy } = request
    const opened: OpenSession = {
      accessKeyId: `STS.N${randomText(24)}`,
      accessKeySecret: randomText(44),
      securityToken: `CAIS${randomBytes(330).toString('base64')}`,
      // Responses have whole seconds, and a session must not end before the reported second.
      expiresAtMs: Math.floor(nowMs / 1_000) * 1_000 + durationSeconds * 1_000,
      session: {
        account: role.account,
        role: role.name,
        roleArn: roleArn(role),
        name: sessionName,
        arn: `acs:ram::${role.account}:assumed-role/${role.name}/${sessionName}`,
      },
      narrowedBy,
      revoked: false,
    }
    this.#sessions.set(opened.accessKeyId, opened)
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= MAX_SESSIONS) break
      this.#sessions.delete(oldest)
    }
    return opened
  }

  /** The key of a session; undefined after it is revoked or its role is deleted. */
  get(accessKeyId: string): AccessKey | undefined {
    const found = this.#sessions.get(accessKeyId)
    if (found === undefined || found.revoked) return undefined
    const role = this.#roles.get(found.session.role)
    if (role === undefined) return undefined
    return {
      id: found.accessKeyId,
      secret: found.accessKeySecret,
      securityToken: found.securityToken,
      expiresAtMs: found.expiresAtMs,
      allow: role.allow,
      narrowedBy: found.narrowedBy,
      session: found.session,
    }
  }

  /** ARN of the assumed role, even after the session has ended. */
  arnOf(accessKeyId: string): string | undefined {
    return this.#sessions.get(accessKeyId)?.session.arn
  }

  /** All kept sessions, oldest first. */
  get all(): readonly SessionCredential[] {
    return [...this.#sessions.values()]
  }

  /** Ends the sessions of one role, or of all. Returns the number of ended sessions. */
  revoke(roleName?: string): number {
    const open = [...this.#sessions.values()].filter(
      ({ revoked, session }) => !revoked && (roleName === undefined || session.role === roleName),
    )
    for (const session of open) session.revoked = true
    return open.length
  }
}
