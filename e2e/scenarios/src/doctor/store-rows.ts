import type { ReasonRow } from './reason-row.ts'

const UNREACHABLE = '127.0.0.1:1'

const store = (reason: string, row: Omit<ReasonRow, 'kind' | 'reason' | 'status'>): ReasonRow => ({
  kind: 'SecretStore',
  reason,
  status: 'failed',
  ...row,
})

/** Reasons of stores. */
export const STORE_ROWS: readonly ReasonRow[] = [
  { ...store('Ready', { make: (things) => things.store(), cause: /\d+ without a problem/ }), status: 'ok' },
  store('AuthenticationFailed', {
    make: (things) =>
      things.store({ KMSAuth: { ramRoleARN: 'acs:ram::1234567890123456:role/none', ...keys('kms-key') } }),
    cause: /assuming role .*role\/none/,
    action: /^Correct the field that the message names\. The guide/,
  }),
  store('InvalidSpec', {
    make: (things) => things.store({ endpoint: 'kms.evil.example' }),
    cause: /spec\.KMS\.endpoint/,
    action: /^Correct the field that the message names\.$/,
  }),
  store('CrossNamespaceRefused', {
    make: (things) => things.store({ KMSAuth: keys('kms-key', { namespace: 'elsewhere' }) }),
    cause: /--enable-cross-namespace-auth-ref/,
    action: /^Move it, use a ClusterSecretStore, or set `--enable-cross-namespace-auth-ref`/,
  }),
  store('Unavailable', {
    make: (things) => things.instanceStore({ endpoint: UNREACHABLE }),
    cause: /ECONNREFUSED/,
    action: /^Check network, DNS, `--sts-endpoint` and `ca`/,
  }),
  {
    ...store('Connected', {
      condition: 'Reachable',
      make: async (things) => {
        await things.store()
        await things.put({ password: 'one' })
        await things.copyThroughOwnStore()
      },
      cause: /\d+ without a problem/,
    }),
    status: 'ok',
  },
  store('Unavailable', {
    condition: 'Reachable',
    make: async (things) => {
      await things.store({ endpoint: UNREACHABLE })
      await things.copyThroughOwnStore()
    },
    cause: /Reachable Unavailable: .*127\.0\.0\.1:1 has not responded since/,
    action: /A probe every 1 to 30 s detects recovery/,
  }),
  store('ClientKeyExpiring', {
    condition: 'ClientKeyExpiring',
    make: (things) => things.instanceStore({ notAfter: new Date(Date.now() + 10 * 86_400_000).toISOString() }),
    cause: /the client key expires at 20/,
    action: /^Create a new client key/,
  }),
  store('TLSVerificationDisabled', {
    condition: 'TLSVerificationDisabled',
    make: (things) => things.instanceStore({ ignoreSSL: true }),
    cause: /ignoreSSL/,
    action: /^Remove `ignoreSSL`/,
  }),
]

function keys(name: string, where: object = {}): object {
  return { accessKey: { name, key: 'id', ...where }, accessKeySecret: { name, key: 'secret', ...where } }
}
