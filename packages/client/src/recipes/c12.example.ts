import type { SecretClient } from '@ack-secret-manager/client'
import { loadConfig } from 'c12'

export interface Config {
  readonly port: number
  readonly mail: { readonly host: string; readonly password: string }
}

/** The configuration of files and defaults, with the values of KMS last, because they win. */
export async function loadAppConfig(kms: SecretClient, cwd: string): Promise<Config> {
  const { config } = await loadConfig<Config>({
    cwd,
    name: 'shop',
    overrides: { mail: await kms.json<Config['mail']>('shop/mail') } as Config,
    defaultConfig: { port: 8080, mail: { host: 'localhost', password: '' } },
  })
  return config
}
