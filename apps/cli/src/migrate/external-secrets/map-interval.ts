import { parseDuration } from '@ack-secret-manager/core'
import { LIMITS } from '@ack-secret-manager/resources'
import type { Findings } from '../findings.ts'
import type { ManifestFields } from '../manifest-fields.ts'

const DEFAULT = '1h'
const LONGEST = `${LIMITS.maxIntervalMs / 3_600_000}h`

/** `refreshInterval` and `refreshPolicy` as `rotationInterval`. */
export function mapInterval(spec: ManifestFields, findings: Findings): string {
  const given = spec.text('refreshInterval')
  const ms = given === undefined ? undefined : parseDuration(given === '0' ? '0s' : given)
  if (given !== undefined && ms === undefined) {
    findings.refuses(spec.at('refreshInterval'), `${given} is not a duration`, 'use a duration such as 90s or 1h30m')
  }
  const policy = spec.text('refreshPolicy') ?? 'Periodic'
  if (spec.has('syncWindows')) {
    findings.suspends(
      spec.at('syncWindows'),
      'secrets are read at all times, also outside of the windows',
      'remove it if a new value may arrive at any time; otherwise suspend the resource outside of them (acksm suspend, acksm resume)',
    )
  }
  if (policy === 'CreatedOnce') {
    findings.suspends(
      spec.at('refreshPolicy'),
      'a Secret cannot be created once and then ignored',
      'keep it suspended if its Secret exists; otherwise sync it once, then suspend it',
    )
    return LONGEST
  }
  const never = policy === 'OnChange' ? 'refreshPolicy' : ms === 0 ? 'refreshInterval' : undefined
  if (never !== undefined) {
    findings.changed(
      spec.at(never),
      `it is read again every ${LONGEST}, and when the operator starts`,
      'suspend it if its Secret must not change',
    )
    return LONGEST
  }
  if (policy !== 'Periodic')
    findings.refuses(spec.at('refreshPolicy'), `External Secrets Operator has no policy ${policy}`)
  if (ms === undefined || given === undefined) return DEFAULT
  if (ms < LIMITS.minIntervalMs) {
    findings.changed(spec.at('refreshInterval'), 'the minimum is 1s')
    return '1s'
  }
  if (ms <= LIMITS.maxIntervalMs) return given
  findings.changed(spec.at('refreshInterval'), `the maximum is ${LONGEST}`)
  return LONGEST
}
