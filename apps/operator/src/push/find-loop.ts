import { type ExternalSecretResource, findsOf, mayFind, type StoreRef } from '@ack-secret-manager/resources'

/** A read of an ExternalSecret. */
export interface LoopRead {
  /** Name of the ExternalSecret. */
  readonly externalSecret: string
  /** Whether it reads the KMS secret with this name. */
  readonly isOf: (name: string) => boolean
  /** Quota domain of the read, as `quotaDomain` gives it. */
  readonly domain: string
}

/** A KMS secret that a PushSecret would write. */
export interface LoopWrite {
  readonly name: string
  readonly domain: string
}

/** What an ExternalSecret reads through one store. */
export interface ReadInto extends Pick<LoopRead, 'isOf'> {
  readonly secretStoreRef?: StoreRef
  readonly kmsEndpoint?: string
}

/** The reads of an ExternalSecret that writes the Secret `secret`; none of one that writes another Secret. A find may read what it matches. */
export function readsInto(
  secret: string,
  { metadata, spec }: Pick<ExternalSecretResource, 'metadata' | 'spec'>,
): readonly ReadInto[] {
  if ((spec.target.name ?? metadata.name) !== secret) return []
  const entries = [...spec.data, ...spec.dataProcess.map(({ extract }) => extract)]
  return [
    ...entries.map((entry) => ({ ...entry, isOf: (name: string) => nameOf(entry.key) === name })),
    ...findsOf(spec).map(({ find }) => ({
      ...(find.secretStoreRef && { secretStoreRef: find.secretStoreRef }),
      isOf: (name: string) => mayFind(find, name),
    })),
  ]
}

/**
 * The ExternalSecret that would read what a PushSecret writes, so that each change causes the next one. Pure. Reads and writes with
 * the same name count as one secret unless service, region or account differ for sure.
 */
export function findLoop({ name, domain }: LoopWrite, reads: readonly LoopRead[]): LoopRead | undefined {
  return reads.find((read) => read.isOf(name) && mayBeSame(read.domain, domain))
}

function nameOf(key: string): string {
  return /^acs:kms:[^:]*:[^:]*:secret\/(.*)$/.exec(key)?.[1] ?? key
}

/** Whether a name may be one KMS secret in two quota domains: unless service, region or account differ for sure. Pure. */
export function mayBeSame(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)]
  if (a === undefined || b === undefined) return false
  // An instance does not tell its region and account.
  if (a.isInstance || b.isInstance) return true
  if (a.region !== b.region) return false
  return a.account === undefined || b.account === undefined || a.account === b.account
}

/** Undefined for another service than KMS. */
function partsOf(
  domain: string,
): { readonly isInstance: boolean; readonly region?: string; readonly account?: string | undefined } | undefined {
  const [service, region = '', account = ''] = domain.split('/')
  if (service === 'kms-instance') return { isInstance: true }
  if (service !== 'kms') return undefined
  return { isInstance: false, region, account: /^\d+$/.test(account) ? account : undefined }
}
