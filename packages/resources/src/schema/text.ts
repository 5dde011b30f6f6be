import { parseDuration } from '@ack-secret-manager/core'
import { z } from 'zod'
import type { CelRule } from './field.ts'
import { LIMITS } from './limits.ts'

/** Characters of a Secret key; `isSecretKey` has the remaining checks. */
export const SECRET_KEY = /^[-._a-zA-Z0-9]+$/

const dns = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'

/** Any text that is not empty. */
export function text(maxCharacters: number) {
  return z.string().min(1).max(maxCharacters)
}

/** The API server matches with Go's regular expressions, which have these classes too. */
const NO_CONTROLS = /^[^\p{Cc}\p{Zl}\p{Zp}]*$/u
const CONTROLS_REFUSED = 'expected one line without control characters'

/** One line of text that is not empty, because names appear in messages and logs. */
export function line(maxCharacters: number) {
  return text(maxCharacters).regex(NO_CONTROLS, { error: CONTROLS_REFUSED })
}

/** One line of text, which may be empty. */
export function lineOrEmpty(maxCharacters: number) {
  return z.string().max(maxCharacters).regex(NO_CONTROLS, { error: CONTROLS_REFUSED })
}

/** Name of a Kubernetes object (RFC 1123 subdomain). */
export function objectName() {
  return text(LIMITS.kubernetesName).regex(new RegExp(`^${dns}(\\.${dns})*$`), {
    error: 'expected a name of lower-case letters, digits, "-" and "."',
  })
}

/** Name of a namespace (RFC 1123 label). */
export function namespaceName() {
  return text(LIMITS.namespace).regex(new RegExp(`^${dns}$`), {
    error: 'expected a namespace: lower-case letters, digits and "-"',
  })
}

/** Key of a Secret, as far as a pattern can check; `isSecretKey` has the remaining checks. */
export function secretKey() {
  return text(LIMITS.kubernetesName).regex(SECRET_KEY, {
    error: 'expected a key of a Secret: letters, digits, "-", "_" and "."',
  })
}

/** Host name with an optional port; no scheme, no path. */
export function hostAndPort() {
  return text(LIMITS.endpoint).regex(/^[a-zA-Z0-9]([-.a-zA-Z0-9]*[a-zA-Z0-9])?(:[0-9]{1,5})?$/, {
    error: 'expected a host or host:port without a scheme, such as kms.cn-hangzhou.aliyuncs.com',
  })
}

/** Host name with an optional port, and at most one `*` in a label. */
export function endpointPattern() {
  const label = '[-a-z0-9]*[*a-z0-9][-a-z0-9]*'
  return text(LIMITS.endpoint).regex(new RegExp(`^${label}(\\.${label})*(:[0-9]{1,5})?$`), {
    error: 'expected a host or host:port with at most one * in a label, such as kms.*.aliyuncs.com',
  })
}

/** Id of an Alibaba Cloud region. */
export function regionId() {
  return text(LIMITS.region).regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, {
    error: 'expected a region such as cn-hangzhou',
  })
}

export function roleArn() {
  return text(LIMITS.arn).regex(/^acs:ram::[0-9]+:role\/[-._a-zA-Z0-9]{1,64}$/, {
    error: 'expected the ARN of a RAM role such as acs:ram::1234567890123456:role/name',
  })
}

/** Id of an instance of Container Registry. */
export function registryInstanceId() {
  return text(LIMITS.registryInstanceId).regex(/^cri-[a-z0-9]+$/, {
    error: 'expected the id of a registry such as cri-abcdefgh12345678',
  })
}

export function roleName() {
  return text(LIMITS.roleName).regex(/^[-._a-zA-Z0-9]+$/, {
    error: 'expected the name of a RAM role (no ARN): letters, digits, "-", "." and "_"',
  })
}

/** ARN of an OIDC provider of RAM. */
export function oidcProviderArn() {
  return text(LIMITS.arn).regex(/^acs:ram::[0-9]+:oidc-provider\/[-._a-zA-Z0-9]+$/, {
    error: 'expected the ARN of an OIDC provider such as acs:ram::1234567890123456:oidc-provider/ack-rrsa-c123',
  })
}

/** Name of a session of a RAM role (STS API reference, AssumeRole). */
export function roleSessionName() {
  return text(LIMITS.roleSessionName).regex(/^[-.@_a-zA-Z0-9]{2,}$/, {
    error: 'expected 2 to 64 letters, digits, "-", ".", "@" and "_"',
  })
}

/** External id of a RAM role (STS API reference, AssumeRole). */
export function externalId() {
  return text(LIMITS.externalId).regex(/^[-+=,.@:/_a-zA-Z0-9]{2,}$/, {
    error: 'expected 2 to 1224 letters, digits and "+=,.@:/_-"',
  })
}

/** Duration of a role session in seconds, as text. */
export function seconds() {
  return text(5)
    .regex(/^[0-9]+$/, { error: 'expected a number of seconds', abort: true })
    .refine((value) => Number(value) >= LIMITS.minSessionSeconds && Number(value) <= LIMITS.maxSessionSeconds, {
      error: `expected ${LIMITS.minSessionSeconds} to ${LIMITS.maxSessionSeconds} seconds`,
    })
}

export function filePath() {
  return text(LIMITS.filePath).regex(/^\/[-.~+@_/a-zA-Z0-9]*[-.~+@_a-zA-Z0-9]$/, {
    error: 'expected an absolute path of a file',
  })
}

/** Key of a label (Kubernetes, "Labels and Selectors"). */
export function labelKey() {
  return text(LIMITS.labelKey).regex(new RegExp(`^(${dns}(\\.${dns})*/)?[a-zA-Z0-9]([-._a-zA-Z0-9]*[a-zA-Z0-9])?$`), {
    error: 'expected the key of a label',
  })
}

/** Value of a label, which may be empty. */
export function labelValue() {
  return z
    .string()
    .max(LIMITS.labelValue)
    .regex(/^([a-zA-Z0-9]([-._a-zA-Z0-9]*[a-zA-Z0-9])?)?$/, { error: 'expected the value of a label' })
}

/** Built from a string with escapes: a bundle that contains the letter µ takes twice its size in memory. */
const DURATION = new RegExp('^([0-9]+([.][0-9]*)?(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$')

/**
 * A rule of the API server for a duration. It skips texts that the pattern of the field refuses: an object that was stored
 * with one stays writable, unless a rule fails to evaluate.
 */
function durationRule(bound: string, message: string): CelRule {
  return { rule: `!self.matches('${DURATION.source}') || duration(self) ${bound}`, message }
}

/** Rule of the API server for a minimum duration. */
export function atLeast(min: string): CelRule {
  return durationRule(`>= duration('${min}')`, `expected at least ${min}`)
}

function atMost(max: string): CelRule {
  return durationRule(`<= duration('${max}')`, `expected at most ${max}`)
}

/** Rules of the API server for an {@link interval}. */
export const intervalRules: readonly CelRule[] = [atLeast('1s'), atMost('8760h')]

/** A Go duration within the limits of a refresh interval. */
export function interval() {
  return duration([LIMITS.minIntervalMs, '1s'], [LIMITS.maxIntervalMs, '8760h'])
}

/** Rules of the API server for a {@link renewalInterval}. */
export const renewalIntervalRules: readonly CelRule[] = [atLeast('1h'), atMost('87600h')]

/** A Go duration within the limits of the age of a generated value. */
export function renewalInterval() {
  return duration([LIMITS.minRenewalMs, '1h'], [LIMITS.maxRenewalMs, '87600h'])
}

/** Rules of the API server for a {@link windowDuration}. */
export const windowDurationRules: readonly CelRule[] = [atLeast('1m'), atMost('168h')]

/** A Go duration within the limits of a restart window. */
export function windowDuration() {
  return duration([LIMITS.minWindowMs, '1m'], [LIMITS.maxWindowMs, '168h'])
}

function duration(
  [minMs, min]: readonly [ms: number, text: string],
  [maxMs, max]: readonly [ms: number, text: string],
) {
  return (
    text(LIMITS.duration)
      .regex(DURATION, {
        error: 'expected a duration such as 90s or 1h30m',
        abort: true,
      })
      .refine((value) => (parseDuration(value) ?? Infinity) >= minMs, { error: `expected at least ${min}` })
      // `parseDuration` rejects numbers that exceed a double; they exceed the maximum too.
      .refine((value) => (parseDuration(value) ?? Infinity) <= maxMs, { error: `expected at most ${max}` })
  )
}

/** The five fields of a cron expression. Whether they can occur, only the expression as a whole tells. */
export function cron() {
  return text(LIMITS.cron).regex(/^[-*,/#0-9A-Za-z]+( +[-*,/#0-9A-Za-z]+){4}$/, {
    error: 'expected the five fields of a cron expression, such as "0 2 * * 1-5"',
  })
}

/** Name of the IANA time zone database. */
export function timeZone() {
  return text(LIMITS.timeZone).regex(/^[A-Za-z][-+_/A-Za-z0-9]*$/, {
    error: 'expected a time zone such as Asia/Shanghai',
  })
}
