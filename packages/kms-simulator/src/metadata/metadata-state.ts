import type { Roles } from '../sts/roles.ts'
import type { SessionCredential, Sessions } from '../sts/sessions.ts'

/** Settings of the metadata service. */
export interface MetadataSettings {
  /** The role of the machine; undefined for none. */
  readonly role: string | undefined
  /** Refuses requests without a token (security hardening). */
  readonly tokenRequired: boolean
  /** Issues tokens; false for an old service without tokens. */
  readonly tokenService: boolean
  /** Lifetime of a session of the role. */
  readonly sessionSeconds: number
  readonly instanceId: string
  /** Delay of every response. */
  readonly delayMs: number
}

/** Default settings. */
export const DEFAULT_METADATA: MetadataSettings = {
  role: undefined,
  tokenRequired: false,
  tokenService: true,
  sessionSeconds: 21_600,
  instanceId: 'i-simulator',
  delayMs: 0,
}

/** A credential, and its creation time. */
export interface MachineCredential extends SessionCredential {
  readonly issuedAtMs: number
}

/** The machine of the metadata service. */
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

  /** Replaces the settings. The next credential is a new one. */
  configure(settings: MetadataSettings): void {
    this.#settings = settings
    this.#current = undefined
  }

  /**
   * The credential of the machine's role; undefined without a role that trusts ECS. Like ECS, it returns the same credential to all clients
   * and renews it long before its expiry: here after half of its lifetime.
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
