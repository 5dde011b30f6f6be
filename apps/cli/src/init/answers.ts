import type { AccessMethod } from './access-methods.ts'

/** Everything that decides the manifests. */
export interface Answers {
  readonly access: AccessMethod
  readonly region: string
  readonly store: string
  readonly name: string
  readonly namespace: string
  /** KMS secret. */
  readonly secret: string
  /** Members of its JSON object. None: the whole value is one key. */
  readonly members: readonly string[]
  readonly key: string
  readonly credentialsSecret: string
  readonly roleArn: string
  readonly oidcProviderArn: string
  readonly serviceAccount: string
  readonly instance: string
}
