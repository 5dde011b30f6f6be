import { parseRoleArn } from '@ack-secret-manager/alicloud-openapi'
import { defined, isSecretSyncError, nameText, Sensitive } from '@ack-secret-manager/core'
import ini from 'ini'
import { invalidConfig } from './invalid-config.ts'
import type { Recipe } from './recipe.ts'

/** Path of the shared credentials file, below the home directory. */
export const CREDENTIALS_PATH = '.alibabacloud/credentials'

/** One section of the shared credentials file. */
export type CredentialsSection = Readonly<Record<string, string>>

/** Sections of the shared credentials file by name. */
export type CredentialsFile = ReadonlyMap<string, CredentialsSection>

/** Parses the file with the parser of the SDK. Values that are no text are left out. */
export function parseCredentialsFile(text: string): CredentialsFile {
  const sections = Object.entries(ini.parse(text)).flatMap(([name, section]): [string, CredentialsSection][] => {
    if (typeof section !== 'object' || section === null) return []
    const texts = Object.entries(section).flatMap(([key, value]): [string, string][] =>
      typeof value === 'string' ? [[key, value]] : [],
    )
    return [[name, Object.fromEntries(texts)]]
  })
  return new Map(sections)
}

/** Where a section is made into an identity. */
export interface SectionContext {
  /** Name of the section in errors: `profile default of ~/.alibabacloud/credentials`. */
  readonly where: string
  readonly sessionName: string
  readonly stsEndpoint: string | undefined
}

/**
 * The identity of a section. Types of the SDK: `access_key`, `ecs_ram_role`, `ram_role_arn`.
 * @throws SecretSyncError `InvalidSpec` naming the field
 */
export function recipeOfSection(section: CredentialsSection, context: SectionContext): Recipe {
  const { where, sessionName, stsEndpoint } = context
  const type = section['type'] ?? ''
  switch (type) {
    case 'access_key':
      return accessKey(section, where)
    case 'ecs_ram_role': {
      const roleName = section['role_name'] ?? ''
      return { kind: 'ecs-role', ...(roleName === '' ? {} : { roleName }) }
    }
    case 'ram_role_arn': {
      const policy = section['policy'] ?? ''
      return {
        kind: 'assume-role',
        base: accessKey(section, where),
        roleArn: roleArn(need(section, 'role_arn', where), where),
        sessionName: section['role_session_name'] || sessionName,
        ...(policy === '' ? {} : { policy }),
        ...defined({ stsEndpoint }),
      }
    }
    case '':
      throw invalidConfig(where, 'has no type (access_key, ecs_ram_role or ram_role_arn)', 'type')
    default:
      throw invalidConfig(
        where,
        `type ${nameText(type.slice(0, 80))} is not supported (access_key, ecs_ram_role, ram_role_arn are)`,
        'type',
      )
  }
}

function accessKey(section: CredentialsSection, where: string): Recipe {
  return {
    kind: 'access-key',
    id: need(section, 'access_key_id', where),
    secret: new Sensitive(need(section, 'access_key_secret', where)),
  }
}

function need(section: CredentialsSection, field: string, where: string): string {
  const value = section[field]?.trim() ?? ''
  // For an empty one the SDK would take a variable of the environment, another identity.
  if (value === '') throw invalidConfig(where, `${field} is empty`, field)
  return value
}

function roleArn(text: string, where: string): string {
  try {
    return parseRoleArn(text).arn
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    throw invalidConfig(where, 'role_arn is malformed', 'role_arn')
  }
}
