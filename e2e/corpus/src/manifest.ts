import type { Seed } from '@ack-secret-manager/kms-simulator'
import type { CorpusCase } from './corpus.ts'

/** The identity that reads all secrets: that of the process, for CLI and operator. */
export const ACCESS_KEY = { id: 'LTAI5tCorpus', secret: 'corpus-access-key-secret' }

/** Environment variables of this identity. */
export const ACCESS_KEY_ENV = {
  ALIBABA_CLOUD_ACCESS_KEY_ID: ACCESS_KEY.id,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: ACCESS_KEY.secret,
}

/** The ExternalSecret of a case. */
export function externalSecretOf({ id, spec }: Pick<CorpusCase, 'id' | 'spec'>) {
  return { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', metadata: { name: id }, spec } as const
}

/** The simulator's seed for the cases. */
export function seedOf(cases: readonly Pick<CorpusCase, 'secrets'>[]): Seed {
  return {
    accessKeys: [{ ...ACCESS_KEY, allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }] }],
    quota: { getSecretValuePerSecond: 10_000 },
    secrets: cases.flatMap(({ secrets }) => secrets),
  }
}

/** Name of the target Secret of a case. */
export function targetOf({ id, spec }: Pick<CorpusCase, 'id' | 'spec'>): string {
  return (spec['target'] as { name?: string } | undefined)?.name ?? id
}
