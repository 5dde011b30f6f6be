import { type ExternalSecretResource, findsOf, mayFind, type StoreRef } from '@ack-secret-manager/resources'
import { mayBeSame } from './may-be-same.ts'

/** A read of an ExternalSecret. */
export interface LoopRead {
  /** Name of the ExternalSecret. */
  readonly externalSecret: string
  /** Whether it reads the KMS secret with this name. */
  readonly isOf: (name: string) => boolean
  /** Quota domain of the read, see `quotaDomain`. */
  readonly domain: string
  /** Quota domain of the secret, if the entry names its ARN. */
  readonly arnDomain?: string | undefined
}

/** A KMS secret that a PushSecret would write. */
export interface LoopWrite {
  readonly name: string
  readonly domain: string
}

/** A read of an ExternalSecret through one store. */
export interface ReadInto extends Pick<LoopRead, 'isOf' | 'arnDomain'> {
  readonly secretStoreRef?: StoreRef
  readonly kmsEndpoint?: string
}

/** The reads of an ExternalSecret, if its target is the Secret `secret`. A find counts as a read of every name that it matches. */
export function readsInto(
  secret: string,
  { metadata, spec }: Pick<ExternalSecretResource, 'metadata' | 'spec'>,
): readonly ReadInto[] {
  if ((spec.target.name ?? metadata.name) !== secret) return []
  const entries = [...spec.data, ...spec.dataProcess.map(({ extract }) => extract)]
  return [
    ...entries.map((entry) => {
      const { name: own, arnDomain } = secretOf(entry.key)
      return { ...entry, arnDomain, isOf: (name: string) => own === name }
    }),
    ...findsOf(spec).map(({ find }) => ({
      ...(find.secretStoreRef && { secretStoreRef: find.secretStoreRef }),
      isOf: (name: string) => mayFind(find, name),
    })),
  ]
}

/** Finds a read of the KMS secret that a PushSecret writes: each push would cause the next one. Pure. */
export function findLoop({ name, domain }: LoopWrite, reads: readonly LoopRead[]): LoopRead | undefined {
  return reads.find((read) => read.isOf(name) && mayBeSame(homeOf(read), domain))
}

/** An ARN may name another account than that of the identity. The domain of an instance has no account, so the ARN does not change it. */
function homeOf({ domain, arnDomain }: Pick<LoopRead, 'domain' | 'arnDomain'>): string {
  return arnDomain !== undefined && domain.startsWith('kms/') ? arnDomain : domain
}

function secretOf(key: string): { readonly name: string; readonly arnDomain: string | undefined } {
  const [, region, account, name = key] = /^acs:kms:([^:]*):([^:]*):secret\/(.*)$/.exec(key) ?? []
  return { name, arnDomain: region && account ? `kms/${region}/${account}` : undefined }
}
