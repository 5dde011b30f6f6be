import type { BrokenThings } from './broken-things.ts'
import type { ReasonRow } from './reason-row.ts'

const DOC = JSON.stringify({ user: 'tom' })

const externalSecret = (reason: string, row: Omit<ReasonRow, 'kind' | 'reason' | 'status'>): ReasonRow => ({
  kind: 'ExternalSecret',
  reason,
  status: 'failed',
  ...row,
})

/** Reasons of ExternalSecrets. */
export const EXTERNAL_SECRET_ROWS: readonly ReasonRow[] = [
  {
    ...externalSecret('Synced', { make: fine, cause: /\d+ Synced/ }),
    status: 'ok',
  },
  {
    ...externalSecret('Suspended', {
      make: (things) => things.copy({}, { suspend: true }),
      cause: /`spec\.suspend` is true/,
      action: /Remove `suspend`/,
    }),
    status: 'skipped',
  },
  externalSecret('Degraded', {
    make: async (things) => {
      await things.put({ password: 'one' })
      const missing = things.entry('missing', { name: 'missing' })
      await things.externalSecret({ data: [things.entry('password', { name: 'password' }), missing] })
    },
    cause: /SecretNotFound: KMS secret "degraded\.missing"/,
    // The action of the source that fails.
    action: /^Check `key`, `versionId` and `versionStage`/,
  }),
  externalSecret('Stale', {
    make: fine,
    spoil: async (things) => {
      await things.untilSynced()
      await things.fault('http503', 'password')
    },
    cause: /KMS secret "stale\.password".*503/,
    action: /^Check endpoint, VPC, DNS/,
  }),
  externalSecret('SecretNotFound', {
    make: (things) => things.copy(),
    cause: /KMS secret "secretnotfound\.password"/,
    action: /^Check `key`, `versionId`/,
  }),
  {
    // Its store is the cause, and has the action.
    ...externalSecret('AuthenticationFailed', {
      make: async (things) => {
        const ref = (key: string): object => ({ name: 'nowhere', key })
        await things.store({ KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } })
        await things.copyThroughOwnStore()
      },
      cause: /waiting for SecretStore \S+\/authenticationfailed/,
      action: /see above/,
    }),
    status: 'skipped',
  },
  externalSecret('AccessDenied', {
    make: async (things) => {
      await things.put({ password: 'one' })
      await things.fault('deny', 'password')
      await things.copy()
    },
    cause: /AccessKey LTAI5tTest may not call kms:GetSecretValue/,
    action: /^Grant the identity in the message `kms:GetSecretValue`/,
  }),
  externalSecret('Unavailable', {
    make: async (things) => {
      await things.put({ password: 'one' })
      await things.fault('garbage', 'password')
      await things.copy()
    },
    cause: /KMS secret "unavailable\.password"/,
    action: /^Check endpoint, VPC, DNS/,
  }),
  externalSecret('StoreNotFound', {
    make: (things) => things.copyThroughOwnStore(),
    cause: /SecretStore \S+\/storenotfound does not exist/,
    action: /^Create it, or correct `secretStoreRef`/,
  }),
  externalSecret('StoreNotAllowed', {
    make: async (things) => {
      await things.store({}, { allow: [{ secrets: ['other/*'] }] })
      await things.copyThroughOwnStore()
    },
    cause: /storenotallowed.*does not allow/,
    action: /^Admit the namespace in `conditions`/,
  }),
  externalSecret('CrossNamespaceRefused', {
    make: (things) => things.copy({ secretStoreRef: { name: 'kms', namespace: 'elsewhere' } }),
    cause: /--enable-cross-namespace-secret-store/,
    action: /^Move it, use a ClusterSecretStore/,
  }),
  externalSecret('InvalidSpec', {
    make: (things) => things.externalSecret({ data: [things.entry('doc', { jmesPath: [path('users[')] })] }),
    cause: /spec\.data\[0\]\.jmesPath\[0\]\.path/,
    action: /^Correct the field that the message names/,
  }),
  externalSecret('PathNotFound', {
    make: async (things) => {
      await things.put({ doc: DOC })
      await things.externalSecret({ data: [things.entry('doc', { jmesPath: [path('password')] })] })
    },
    cause: /path password matches nothing/,
    action: /^Correct the path/,
  }),
  externalSecret('NotADocument', {
    make: async (things) => {
      await things.put({ doc: 'not: [a document' })
      await things.externalSecret({ data: [things.entry('doc', { jmesPath: [path('user')] })] })
    },
    cause: /"notadocument\.doc"/,
    action: /^Copy the whole value, or correct it in KMS/,
  }),
  externalSecret('InvalidKey', {
    make: async (things) => {
      await things.put({ doc: JSON.stringify({ 'pass word': 'two' }) })
      await things.externalSecret({ dataProcess: [{ extract: things.entry('doc') }] })
    },
    cause: /cannot be a key/,
    action: /^Rename it with `objectAlias`/,
  }),
  externalSecret('DuplicateKey', {
    make: async (things) => {
      await things.put({ doc: DOC, other: DOC })
      const dataProcess = ['doc', 'other'].map((secret) => ({ extract: things.entry(secret) }))
      await things.externalSecret({ dataProcess })
    },
    cause: /key user of duplicatekey\.other is also produced by/,
    action: /^Rename one of them/,
  }),
  externalSecret('InvalidForType', {
    make: async (things) => {
      await things.put({ password: 'certificate' })
      await things.copy({ name: 'tls.crt' }, { type: 'kubernetes.io/tls' })
    },
    cause: /kubernetes\.io\/tls.*tls\.key/,
    action: /^Add the key in the message/,
  }),
  externalSecret('TemplateError', {
    make: async (things) => {
      await things.put({ password: 'one' })
      const templateFrom = [{ configMap: { name: 'nowhere', items: [{ key: 'url' }] } }]
      await things.copy({}, { target: { template: { templateFrom } } })
    },
    cause: /ConfigMap \S+\/nowhere does not exist/,
    action: /^Correct the template and line/,
  }),
  externalSecret('TooLarge', {
    make: async (things) => {
      await things.put({ doc: 'x'.repeat(30_000) })
      const data = Array.from({ length: 40 }, (_, index) => things.entry('doc', { name: `part-${index}` }))
      await things.externalSecret({ data })
    },
    cause: /1048576/,
    action: /^Select the parts that you need/,
  }),
  externalSecret('NoData', {
    make: async (things) => {
      await things.put({ doc: '{}' })
      await things.externalSecret({ dataProcess: [{ extract: things.entry('doc') }] })
    },
    cause: /nothing to write/,
    action: /^Check the names, or delete the ExternalSecret/,
  }),
  externalSecret('TargetConflict', {
    make: async (things) => {
      await things.env.putSecret(things.name, { password: 'mine' })
      await fine(things)
    },
    cause: /targetconflict is not changed: it already exists/,
    action: /^Delete it, change `target\.name`, or adopt it/,
  }),
  externalSecret('WriteFailed', {
    make: async (things) => {
      await things.denyWrites()
      await fine(things)
    },
    cause: /writefailed-t-/,
    action: /^Grant the permission that the message names, or change the webhook, policy/,
  }),
  externalSecret('InternalError', {
    make: async (things) => {
      await things.env.apply('SecretStore', things.name, { plugin: { package: '@example/defect', config: {} } })
      await things.copy({ secretStoreRef: { name: things.name } }, { provider: 'plugin' })
    },
    cause: /unexpected TypeError/,
    action: /^Report it with the operator’s log/,
  }),
]

async function fine(things: BrokenThings): Promise<void> {
  await things.put({ password: 'one' })
  await things.copy()
}

function path(text: string): object {
  return { path: text, objectAlias: 'user' }
}
