import { CLI_CONFIG_SHOWN, cliProfileNamed, namesText, noSuchProfile } from './internal/cli-config.ts'
import type { ResolvedIdentity, ResolveOptions } from './resolved-identity.ts'
import { fromCliProfile, fromSection } from './internal/from-profile.ts'
import { readCliConfig, readCredentialsFile } from './internal/places.ts'

/**
 * The identity of a profile: of the `aliyun` CLI (`~/.aliyun/config.json`), or else of the shared credentials file
 * (`~/.alibabacloud/credentials`, or `ALIBABA_CLOUD_CREDENTIALS_FILE`). Reads files and variables when it is called, sends no
 * request. Never another identity than the named one.
 * @throws SecretSyncError `InvalidSpec` for a profile that does not exist, is incomplete, or has a mode that is not supported
 * @example
 * const { provider, region } = await profile('prod')
 */
export async function profile(name: string, options: ResolveOptions = {}): Promise<ResolvedIdentity> {
  const environment = options.environment ?? process.env
  const config = await readCliConfig()
  const cliProfile = config && cliProfileNamed(config, name)
  if (config !== undefined && cliProfile !== undefined) {
    return { ...fromCliProfile(cliProfile, config, environment, options), source: 'cli-profile', skipped: [] }
  }
  const place = await readCredentialsFile(environment)
  const section = place.file?.get(name)
  if (section !== undefined) {
    return { ...fromSection(name, section, place, environment, options), source: 'credentials-file', skipped: [] }
  }
  throw noSuchProfile(name, [
    describePlace(
      CLI_CONFIG_SHOWN,
      config?.profiles.map((other) => other.name),
    ),
    describePlace(place.shown, place.file && [...place.file.keys()]),
  ])
}

function describePlace(shown: string, names: readonly string[] | undefined): string {
  return names === undefined ? `${shown} (no such file)` : `${shown} (profiles: ${namesText(names)})`
}
