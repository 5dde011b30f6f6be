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
  const isNeverRefreshed = policy === 'CreatedOnce' || policy === 'OnChange'
  const never = isNeverRefreshed ? 'refreshPolicy' : ms === 0 ? 'refreshInterval' : undefined
  if (never !== undefined) {
    if (readsSecrets(spec)) {
      findings.suspends(
        spec.at(never),
        `a Secret cannot be created once and then ignored: it would get the value of now, and be read again every ${LONGEST} and when the operator starts`,
        'keep it suspended if its Secret exists and must not change; otherwise sync it once, then suspend it',
      )
    }
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

/** Whether it has more than generated values, which are kept on both sides. */
function readsSecrets(spec: ManifestFields): boolean {
  const isGenerated = (item: ManifestFields): boolean => item.fields('sourceRef')?.has('generatorRef') === true
  return spec.list('data').length > 0 || spec.list('dataFrom').some((item) => !isGenerated(item))
}
