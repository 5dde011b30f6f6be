import { homedir } from 'node:os'
import path from 'node:path'
import { nameText } from '@ack-secret-manager/core'
import { CLI_CONFIG_PATH, CLI_CONFIG_SHOWN, type CliConfig, parseCliConfig } from './cli-config.ts'
import { type CredentialsFile, CREDENTIALS_PATH, parseCredentialsFile } from './credentials-file.ts'
import { type OnExposedFile, readConfigFile } from './read-config-file.ts'

interface ReadOptions {
  readonly onExposedFile?: OnExposedFile
}

/** Variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A variable that is set to something. */
export function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim()
  return value === '' ? undefined : value
}

/** Whether a switch such as `ALIBABA_CLOUD_ECS_METADATA_DISABLED` is on, as the SDK reads it. */
export function isOn(environment: Environment, name: string): boolean {
  return environment[name]?.toLowerCase() === 'true'
}

/** Name of sessions of roles, if nothing names them. */
export function sessionNameOf(environment: Environment): string {
  return variable(environment, 'ALIBABA_CLOUD_ROLE_SESSION_NAME') ?? 'ack-secret-manager'
}

/** The home directory of these variables, or else of the process. */
function homeOf(environment: Environment): string {
  return variable(environment, 'HOME') ?? homedir()
}

/** The configuration of the `aliyun` CLI; undefined if there is none. @throws SecretSyncError `InvalidSpec` */
export async function readCliConfig(
  environment: Environment,
  { onExposedFile }: ReadOptions = {},
): Promise<CliConfig | undefined> {
  const text = await readConfigFile(path.join(homeOf(environment), CLI_CONFIG_PATH), CLI_CONFIG_SHOWN, onExposedFile)
  return text === undefined ? undefined : parseCliConfig(text)
}

/** The shared credentials file, and how messages name it. */
export interface CredentialsPlace {
  readonly shown: string
  /** The file was named by `ALIBABA_CLOUD_CREDENTIALS_FILE`. */
  readonly isNamed: boolean
  /** Undefined if it does not exist. */
  readonly file: CredentialsFile | undefined
}

/** @throws SecretSyncError `InvalidSpec` */
export async function readCredentialsFile(
  environment: Environment,
  { onExposedFile }: ReadOptions = {},
): Promise<CredentialsPlace> {
  const named = variable(environment, 'ALIBABA_CLOUD_CREDENTIALS_FILE')
  const shown = named === undefined ? `~/${CREDENTIALS_PATH}` : nameText(named)
  const text = await readConfigFile(named ?? path.join(homeOf(environment), CREDENTIALS_PATH), shown, onExposedFile)
  return { shown, isNamed: named !== undefined, file: text === undefined ? undefined : parseCredentialsFile(text) }
}
