import { SecretSyncError } from '@ack-secret-manager/core'
import { parseRoleArn, type RoleArn } from './role-arn.ts'

export interface RoleSessionOptions {
  /** `acs:ram::ACCOUNT:role/NAME` */
  readonly roleArn: string
  /** Name in ActionTrail: 2 to 64 letters, digits and `.@_-`. @default 'ack-secret-manager' */
  readonly sessionName?: string
  /** Lifetime of a credential, from 900 to 43,200 and at most the role's maximum. @default 3_600 */
  readonly durationSeconds?: number
  /** A RAM policy (JSON) that restricts the session, at most 2,048 characters. @default none */
  readonly policy?: string
}

/** Validated parameters with defaults. */
export interface RoleSession {
  readonly role: RoleArn
  readonly sessionName: string
  readonly durationSeconds: number
  readonly policy: string | undefined
}

const SESSION_NAME = /^[A-Za-z0-9.@_-]{2,64}$/
const MIN_SECONDS = 900
const MAX_SECONDS = 43_200
const MAX_POLICY_LENGTH = 2_048

/**
 * Validates the parameters before any call. Alibaba Cloud STS API reference, AssumeRole.
 * @throws SecretSyncError `InvalidSpec`, with the name of the option in `facts.field`
 */
export function roleSession(options: RoleSessionOptions): RoleSession {
  const { sessionName = 'ack-secret-manager', durationSeconds = 3_600, policy } = options
  const role = parseRoleArn(options.roleArn)
  if (!SESSION_NAME.test(sessionName)) {
    throw invalidSpec('sessionName', `expected 2 to 64 letters, digits and .@_-, got ${quoted(sessionName)}`)
  }
  if (!Number.isInteger(durationSeconds) || durationSeconds < MIN_SECONDS || durationSeconds > MAX_SECONDS) {
    throw invalidSpec(
      'durationSeconds',
      `expected a whole number of seconds from ${MIN_SECONDS} to ${MAX_SECONDS}, got ${durationSeconds}`,
    )
  }
  if (policy !== undefined && (policy.length > MAX_POLICY_LENGTH || !isJsonObject(policy))) {
    throw invalidSpec('policy', `expected a RAM policy as a JSON object of at most ${MAX_POLICY_LENGTH} characters`)
  }
  return { role, sessionName, durationSeconds, policy }
}

function invalidSpec(field: string, why: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${field}: ${why}`, { facts: { field } })
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    // Drops the error of the parser, because it quotes the text.
    return false
  }
}
