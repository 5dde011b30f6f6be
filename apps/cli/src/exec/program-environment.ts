type Environment = Readonly<Record<string, string | undefined>>

/** Variables with the identity of `acksm`: those of the Alibaba Cloud SDKs, and of the Go operator. */
const CREDENTIALS: readonly RegExp[] = [
  /^ALIBABA_CLOUD_(?:ACCESS_KEY_ID|ACCESS_KEY_SECRET|SECURITY_TOKEN)$/,
  /^ALIBABA_CLOUD_(?:PROFILE|CREDENTIALS_FILE|CREDENTIALS_URI)$/,
  /^(?:ALIBABA_CLOUD|ALICLOUD)_(?:ROLE|REMOTE_ROLE|OIDC)_/,
  /^(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY)$/,
]

/** Which variables a program inherits. */
export interface Inheritance {
  /** None at all. */
  readonly pristine: boolean
  /** Also those with an identity. */
  readonly 'keep-credentials': boolean
}

/** The environment of the program. @param variables those of secrets, which win */
export function programEnvironment(
  env: Environment,
  variables: ReadonlyMap<string, string>,
  { pristine, 'keep-credentials': keepCredentials }: Inheritance,
): Readonly<Record<string, string>> {
  const removed = new Set(keepCredentials ? Object.keys(env).filter(isSetting) : removedVariables(env))
  const inherited = pristine ? [] : Object.entries(env).filter(([name]) => !removed.has(name))
  const given = inherited.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  return Object.fromEntries([...given, ...variables])
}

/** Variables that are for `acksm` alone. */
export function removedVariables(env: Environment): readonly string[] {
  return Object.keys(env).filter((name) => isSetting(name) || CREDENTIALS.some((pattern) => pattern.test(name)))
}

function isSetting(name: string): boolean {
  return name.startsWith('ACKSM_')
}
