import type { ReasonRow } from './reason-row.ts'

const clusterExternalSecret = (reason: string, row: Omit<ReasonRow, 'kind' | 'reason' | 'status'>): ReasonRow => ({
  kind: 'ClusterExternalSecret',
  reason,
  status: 'failed',
  ...row,
})

/** Reasons of ClusterExternalSecrets. */
export const CLUSTER_EXTERNAL_SECRET_ROWS: readonly ReasonRow[] = [
  {
    ...clusterExternalSecret('Provisioned', {
      make: async (things) => {
        await things.put({ password: 'one' })
        await things.clusterExternalSecret({ conditions: [{ namespaces: [things.namespace] }] })
      },
      cause: /\d+ Provisioned/,
    }),
    status: 'ok',
  },
  {
    ...clusterExternalSecret('NoNamespace', {
      make: (things) => things.clusterExternalSecret({ conditions: [{ namespaces: ['elsewhere'] }] }),
      cause: /No namespace is selected/,
      action: /Check `namespaceSelectors`/,
    }),
    status: 'skipped',
  },
  clusterExternalSecret('Degraded', {
    make: async (things) => {
      await things.copy({}, { suspend: true })
      await things.clusterExternalSecret({ conditions: [{ namespaces: [things.namespace] }] })
    },
    cause: /ExternalSecret degraded-ces failed in 1 namespace/,
    action: /^Correct each of these namespaces, by its reason/,
  }),
  clusterExternalSecret('InvalidSpec', {
    make: (things) => things.clusterExternalSecret({ conditions: [{ namespaceRegexes: ['('] }] }),
    cause: /spec\.conditions\[0\]\.namespaceRegexes\[0\]/,
    action: /^Correct the field at the start of the message/,
  }),
]

/** A state that lasts for milliseconds: its status is written here, while no operator runs. */
export const PROGRESSING: ReasonRow = {
  ...clusterExternalSecret('Progressing', {
    make: (things) => things.clusterExternalSecret({ conditions: [{ namespaces: [] }] }),
    cause: /Some namespaces are pending/,
    action: /Wait\./,
  }),
  status: 'skipped',
}
