import { CLI_CONFIG_SHOWN, type CliConfig, cliProfileNamed, namesText, noSuchProfile } from './internal/cli-config.ts'
import type { ResolvedIdentity, ResolveOptions } from './resolved-identity.ts'
import { fromCliProfile, fromSection } from './internal/from-profile.ts'
import { readCliConfig, readCredentialsFile, variable } from './internal/places.ts'

/**
 * The identity of a profile: of the `aliyun` CLI (`~/.aliyun/config.json`), or else of the shared credentials file
 * (`~/.alibabacloud/credentials`, or `ALIBABA_CLOUD_CREDENTIALS_FILE`). Reads files and variables when it is called, sends no
 * request. Never another identity than the named one.
 * @param named undefined: the profile of `ALIBABA_CLOUD_PROFILE`, or else the current one of the `aliyun` CLI
 * @throws SecretSyncError `InvalidSpec` for a profile that does not exist, is incomplete, or has a mode that is not supported
 * @example
 * const { provider, region } = await profile('prod')
 */
export async function profile(named: string | undefined, options: ResolveOptions = {}): Promise<ResolvedIdentity> {
  const environment = options.environment ?? process.env
  const config = await readCliConfig(environment, options)
  const name = named ?? variable(environment, 'ALIBABA_CLOUD_PROFILE') ?? currentOf(config)
  const cliProfile = config && cliProfileNamed(config, name)
  if (config !== undefined && cliProfile !== undefined) {
    return { ...fromCliProfile(cliProfile, config, environment, options), source: 'cli-profile', skipped: [] }
  }
  const place = await readCredentialsFile(environment, options)
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

/** `default` is the profile that the SDK takes from the shared credentials file. */
function currentOf(config: CliConfig | undefined): string {
  return config === undefined || config.current === '' ? 'default' : config.current
}

function describePlace(shown: string, names: readonly string[] | undefined): string {
  return names === undefined ? `${shown} (no such file)` : `${shown} (profiles: ${namesText(names)})`
}
