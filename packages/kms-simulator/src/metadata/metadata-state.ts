import type { Roles } from '../sts/roles.ts'
import type { SessionCredential, Sessions } from '../sts/sessions.ts'

/** How the metadata service behaves. */
export interface MetadataSettings {
  /** The role of the machine; undefined for none. */
  readonly role: string | undefined
  /** Refuses requests without a token (security hardening). */
  readonly tokenRequired: boolean
  /** Issues tokens. Without it the service is an old one that knows none. */
  readonly tokenService: boolean
  /** How long a session of the role lasts. */
  readonly sessionSeconds: number
  readonly instanceId: string
  /** Delay of every answer. */
  readonly delayMs: number
}

/** Settings that a seed or the control port leaves out. */
export const DEFAULT_METADATA: MetadataSettings = {
  role: undefined,
  tokenRequired: false,
  tokenService: true,
  sessionSeconds: 21_600,
  instanceId: 'i-simulator',
  delayMs: 0,
}

/** What ECS hands out, and when it was made. */
export interface MachineCredential extends SessionCredential {
  readonly issuedAtMs: number
}

/** The machine that the metadata service tells of. */
export class MetadataState {
  readonly region: string
  readonly #roles: Roles
  readonly #sessions: Sessions
  #settings: MetadataSettings
  #current: MachineCredential | undefined

  constructor(options: {
    readonly region: string
    readonly roles: Roles
    readonly sessions: Sessions
    readonly settings: MetadataSettings
  }) {
    this.region = options.region
    this.#roles = options.roles
    this.#sessions = options.sessions
    this.#settings = options.settings
  }

  get settings(): MetadataSettings {
    return this.#settings
  }

  /** From now on the settings are these, and the next credential is a new one. */
  configure(settings: MetadataSettings): void {
    this.#settings = settings
    this.#current = undefined
  }

  /**
   * The credential of the machine's role; undefined when it has none, or none that trusts ECS. As ECS does, the same
   * one is returned to all clients, and a new one well before its end: here after half of its lifetime.
   */
  credential(nowMs: number): MachineCredential | undefined {
    const { role: name, sessionSeconds, instanceId } = this.#settings
    const role = name === undefined ? undefined : this.#roles.get(name)
    if (role?.trust.ecs !== true) return undefined
    const current = this.#current
    const isFresh =
      current !== undefined &&
      current.session.role === name &&
      this.#sessions.get(current.accessKeyId) !== undefined &&
      current.expiresAtMs - nowMs > (sessionSeconds * 1_000) / 2
    if (isFresh) return current
    const opened = this.#sessions.open({ role, sessionName: instanceId, durationSeconds: sessionSeconds, nowMs })
    this.#current = { ...opened, issuedAtMs: nowMs }
    return this.#current
  }
}
