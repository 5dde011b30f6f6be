import type { Environment } from '@ack-secret-manager/stores'

/** Ways to be somebody without a store that says as whom. */
export type OwnAuth = 'access-key' | 'worker-role' | 'rrsa'

const ACCESS_KEY = [
  'ALIBABA_CLOUD_ACCESS_KEY_ID',
  'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  'ALIBABA_CLOUD_SECURITY_TOKEN',
  'ACCESS_KEY_ID',
  'SECRET_ACCESS_KEY',
]
const OIDC = [
  'ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
  'ALICLOUD_OIDC_PROVIDER_ARN',
  'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
  'ALICLOUD_OIDC_TOKEN_FILE',
]
const OF_OTHERS: Readonly<Record<OwnAuth, readonly string[]>> = {
  'access-key': OIDC,
  'worker-role': [...ACCESS_KEY, ...OIDC],
  rrsa: ACCESS_KEY,
}

/** The environment without what configures another way than the chosen one. A role on top of it stays. */
export function chosenEnvironment(env: Environment, auth: OwnAuth | undefined): Environment {
  if (auth === undefined) return env
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OF_OTHERS[auth].includes(name)))
}
