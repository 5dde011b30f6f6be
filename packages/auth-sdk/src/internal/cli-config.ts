import { SecretSyncError, nameText } from '@ack-secret-manager/core'
import { z } from 'zod'
import { type CliProfile, cliProfileSchema } from './cli-profile.ts'
import { invalidConfig } from './invalid-config.ts'

/** Path of the configuration of the `aliyun` CLI, below the home directory. */
export const CLI_CONFIG_PATH = '.aliyun/config.json'
export const CLI_CONFIG_SHOWN = `~/${CLI_CONFIG_PATH}`

/** Profiles of the `aliyun` CLI. */
export interface CliConfig {
  /** Name of the profile that `aliyun` uses without `--profile`. */
  readonly current: string
  readonly profiles: readonly CliProfile[]
}

const schema = z.object({
  current: z.string().default(''),
  profiles: z.array(cliProfileSchema).default([]),
})

/**
 * Parses the configuration of the `aliyun` CLI.
 * @throws SecretSyncError `InvalidSpec`. The message names the field, never its text, because most fields can be secret.
 */
export function parseCliConfig(text: string): CliConfig {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    // The message of JSON.parse repeats the text.
    throw invalidConfig(CLI_CONFIG_SHOWN, 'is not JSON')
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue?.path.join('.') ?? ''
  throw invalidConfig(CLI_CONFIG_SHOWN, `${path === '' ? 'the document' : path} has the wrong type`, path)
}

/** The profile of that name. Names are unique for the `aliyun` CLI; of several, the first counts, as for the SDK. */
export function cliProfileNamed(config: CliConfig, name: string): CliProfile | undefined {
  return config.profiles.find((profile) => profile.name === name)
}

const MAX_NAMES = 20

/** Names of profiles for an error message. */
export function namesText(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  const shown = names.slice(0, MAX_NAMES).map(nameText).join(', ')
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown
}

/** The error for a profile that no file has. */
export function noSuchProfile(name: string, places: readonly string[]): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `there is no profile ${nameText(name)} in ${places.join(' or in ')}`, {
    facts: { field: 'profile' },
  })
}
