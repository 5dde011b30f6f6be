import { ApiError } from '../gateway/api-error.ts'
import { optional, type Params, required } from '../kms/params.ts'
import type { Role } from './role.ts'

const ROLE_ARN = /^acs:ram::\d{1,32}:role\/[A-Za-z0-9._-]{1,64}$/
const SESSION_NAME = /^[A-Za-z0-9.@_-]{2,64}$/
const MIN_SECONDS = 900
const DEFAULT_SECONDS = 3_600

/** A parameter that STS rejects as malformed: 400 `InvalidParameter.NAME`. */
export function wronglyFormed(name: string, message?: string): ApiError {
  return new ApiError(400, `InvalidParameter.${name}`, message ?? `The parameter ${name} is wrongly formed.`)
}

/** @throws ApiError `MissingParameter` | `InvalidParameter.RoleArn` */
export function roleArnOf(params: Params): string {
  const arn = required(params, 'RoleArn')
  if (!ROLE_ARN.test(arn)) throw wronglyFormed('RoleArn')
  return arn
}

/** @throws ApiError `MissingParameter` | `InvalidParameter.RoleSessionName` */
export function sessionNameOf(params: Params): string {
  const name = required(params, 'RoleSessionName')
  if (!SESSION_NAME.test(name)) throw wronglyFormed('RoleSessionName')
  return name
}

/** A duration in the format of STS, in whole hours if possible. */
function spell(seconds: number): string {
  return seconds % 3_600 === 0 ? `${seconds / 3_600}hr` : `${Math.floor(seconds / 60)}min`
}

/** @throws ApiError `InvalidParameter.DurationSeconds`, with the role's maximum */
export function durationOf(params: Params, role: Role): number {
  const text = optional(params, 'DurationSeconds')
  if (text === undefined) return Math.min(DEFAULT_SECONDS, role.maxSessionSeconds)
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (!(seconds >= MIN_SECONDS && seconds <= role.maxSessionSeconds)) {
    const message = `The Min/Max value of DurationSeconds is 15min/${spell(role.maxSessionSeconds)}.`
    throw wronglyFormed('DurationSeconds', message)
  }
  return seconds
}
