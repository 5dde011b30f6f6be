import type { OwnerRecord } from '@ack-secret-manager/core'
import { compareResourceVersions } from '@ack-secret-manager/k8s-client'
import { recordedKeysOf, type SecretCacheEntry } from './secret-cache-entry.ts'

/** What an inspection of the content found beyond the metadata, until the next write by another manager. */
interface Findings {
  /** Keys that a user wrote under our field manager, with the resourceVersion in which this was found. */
  readonly broken: Map<string, string>
  /** Keys with the recorded content although another manager wrote them, with the mark of that write. */
  readonly verified: Map<string, string>
  /** Records with digests of the actual content. They apply while the annotation has this checksum. */
  records: { readonly sum: string; readonly of: ReadonlyMap<string, OwnerRecord> } | undefined
  /** Whether the Secret is immutable, which Kubernetes never reverts. */
  isImmutable: boolean
}

/** Findings about the content of Secrets, by uid. */
export class ContentFindings {
  readonly #byUid = new Map<string, Findings>()

  /** Merges the findings into the entry. */
  resolve(secret: SecretCacheEntry): SecretCacheEntry {
    const findings = this.#byUid.get(secret.observed.uid)
    if (!findings) return secret
    const { verified, broken, records, isImmutable } = findings
    const unverified = [...secret.possiblyDrifted]
      .filter(([key, mark]) => verified.get(key) !== mark)
      .map(([key]) => key)
    const recorded = broken.size === 0 ? undefined : recordedKeysOf(secret)
    const drifted = [...new Set([...unverified, ...[...broken.keys()].filter((key) => recorded?.has(key))])]
    const current = records?.sum === secret.provenanceSum ? records.of : secret.recorded
    const immutable = isImmutable || secret.observed.immutable
    return { ...secret, observed: { ...secret.observed, drifted, records: current, immutable } }
  }

  /** Records that these keys have the recorded content in the version of `response`. */
  markVerified(response: SecretCacheEntry, keys: Iterable<string>): void {
    const verifiedKeys = [...keys]
    const marks = verifiedKeys.flatMap((key) => {
      const mark = response.possiblyDrifted.get(key)
      return mark === undefined ? [] : [[key, mark] as const]
    })
    const { uid, resourceVersion } = response.observed
    const broken = this.#byUid.get(uid)?.broken
    for (const key of verifiedKeys) {
      if (compareResourceVersions(broken?.get(key) ?? '0', resourceVersion) <= 0) broken?.delete(key)
    }
    if (marks.length === 0) return
    const { verified } = this.#of(response)
    for (const [key, mark] of marks) verified.set(key, mark)
  }

  /** Records that these keys may differ from their record although `managedFields` shows them as ours. */
  markBroken(secret: SecretCacheEntry, keys: Iterable<string>): void {
    for (const key of keys) this.#of(secret).broken.set(key, secret.observed.resourceVersion)
  }

  /** Replaces the digests by those of the actual content, until the annotation differs from that of `response`. */
  replaceRecords(response: SecretCacheEntry, records: ReadonlyMap<string, OwnerRecord>): void {
    this.#of(response).records = { sum: response.provenanceSum, of: records }
  }

  /** Records that the Secret is immutable. @returns whether that is new */
  markImmutable(secret: SecretCacheEntry): boolean {
    const findings = this.#of(secret)
    const isNew = !findings.isImmutable
    findings.isImmutable = true
    return isNew
  }

  forget(uid: string): void {
    this.#byUid.delete(uid)
  }

  #of({ observed: { uid } }: SecretCacheEntry): Findings {
    const findings: Findings = this.#byUid.get(uid) ?? noFindings()
    this.#byUid.set(uid, findings)
    return findings
  }
}

function noFindings(): Findings {
  return { broken: new Map(), verified: new Map(), records: undefined, isImmutable: false }
}
