import { type CredentialProvider, defined, isSecretSyncError, type ProxyRoutes } from '@ack-secret-manager/core'
import { type InstanceQuota, KmsManagement } from '@ack-secret-manager/kms-management'
import type { Check, Finding } from './check.ts'
import { reachedId } from './network/network-checks.ts'

const TIMEOUT_MS = 15_000
/** Share of a quota that leaves too little. */
const NEARLY_FULL = 0.9

/** Options of {@link quotaChecks}. */
export interface QuotaChecksOptions {
  readonly instances: readonly string[]
  /** `HOST[:PORT]` of KMS; instances do not tell their own quotas. */
  readonly kmsEndpoint: string
  readonly provider: CredentialProvider | undefined
  readonly proxy: ProxyRoutes | undefined
  /** Ids of the checks of the provider. */
  readonly needs: readonly string[]
}

/** The quotas of KMS instances (GetKmsInstanceQuotaInfos). */
export function quotaChecks({ instances, kmsEndpoint, provider, proxy, needs }: QuotaChecksOptions): readonly Check[] {
  return instances.map((instance) => ({
    id: `quota.${instance}`,
    section: 'Quotas',
    title: `KMS instance ${instance}`,
    needs: [...needs, reachedId(kmsEndpoint)],
    timeoutMs: TIMEOUT_MS,
    action: 'Check KMS at this endpoint, or set --endpoint',
    run: async (signal) => {
      if (provider === undefined) return { status: 'skipped', detail: 'there is no RAM identity to ask with' }
      await using kms = new KmsManagement({
        endpoint: kmsEndpoint,
        provider,
        timeoutMs: TIMEOUT_MS,
        ...defined({ proxy }),
      })
      try {
        return quotaFindings(instance, await kms.instanceQuotas(instance, { signal }))
      } catch (error) {
        if (!isSecretSyncError(error)) throw error
        // Reading secrets does not need it.
        if (error.code === 'AccessDenied') return { status: 'skipped', detail: error.message }
        if (error.code !== 'NotFound') throw error
        return { status: 'failed', detail: error.message, action: `Correct the id ${instance}, or the region` }
      }
    },
  }))
}

/** One finding for what is fine, and one for each quota that is nearly used up. Pure. */
export function quotaFindings(instance: string, quotas: readonly InstanceQuota[]): readonly Finding[] {
  const isFull = ({ limit, used = 0 }: InstanceQuota): boolean => used >= limit * NEARLY_FULL
  const text = ({ resource, limit, used }: InstanceQuota): string =>
    used === undefined ? `${resource} ${limit}` : `${resource} ${used} of ${limit}`
  const fine = quotas.filter((quota) => !isFull(quota))
  return [
    ...(fine.length === 0 ? [] : [{ status: 'ok', detail: fine.map(text).join(', ') } as const]),
    ...quotas.filter(isFull).map((quota): Finding => ({
      status: 'failed',
      detail: `${text(quota)} is used`,
      action: `Raise the quota of ${quota.resource} of ${instance}, or delete what is not needed`,
    })),
  ]
}
