import { SecretSyncError } from '@ack-secret-manager/core'

/** Environment variables, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A variable that is set. */
export interface Setting {
  readonly name: string
  readonly value: string
}

/** Names of the Alibaba Cloud SDKs first, then names of the Go operator ack-secret-manager. */
const NAMES = {
  role: ['ALIBABA_CLOUD_ROLE_ARN', 'ALICLOUD_ROLE_ARN'],
  session: ['ALIBABA_CLOUD_ROLE_SESSION_NAME', 'ALICLOUD_ROLE_SESSION_NAME'],
  expiration: ['ALICLOUD_ROLE_SESSION_EXPIRATION'],
  oidcProvider: ['ALIBABA_CLOUD_OIDC_PROVIDER_ARN', 'ALICLOUD_OIDC_PROVIDER_ARN'],
  tokenFile: ['ALIBABA_CLOUD_OIDC_TOKEN_FILE', 'ALICLOUD_OIDC_TOKEN_FILE'],
  remoteRole: ['ALICLOUD_REMOTE_ROLE_ARN'],
  remoteSession: ['ALICLOUD_REMOTE_ROLE_SESSION_NAME'],
} as const

/** The environment variables that configure roles. */
export class IdentityVariables {
  readonly #env: Environment

  constructor(env: Environment) {
    this.#env = env
  }

  /** @throws SecretSyncError `InvalidSpec` when two variables for the same setting differ */
  get(what: keyof typeof NAMES): Setting | undefined {
    const [first, second] = NAMES[what].flatMap((name) => {
      const value = present(this.#env, name)
      return value === undefined ? [] : [{ name, value: value.trim() }]
    })
    if (first !== undefined && second !== undefined && first.value !== second.value) {
      throw conflictingIdentities(first.name, second.name)
    }
    return first
  }
}

/** An empty variable counts as absent. */
export function present(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name]
}

/** Error for two conflicting settings. @param alternative another way out, starting with a comma */
export function conflictingIdentities(first: string, second: string, alternative = ''): SecretSyncError {
  return new SecretSyncError(
    'InvalidSpec',
    `${first} and ${second} configure two different identities: keep one of them${alternative}`,
  )
}
