import { z } from 'zod'

/** Domains that a record names at most; the others are only counted. */
export const MAX_DOMAINS = 32

const schema = z.object({
  holder: z.string(),
  scope: z.string().optional(),
  ready: z.boolean(),
  active: z.boolean(),
  acknowledges: z.array(z.string()),
  resources: z.number(),
  domainCount: z.number(),
  domains: z.array(z.string()),
})

/** What a member says to the others, and to users, with each renewal of its Lease. */
export interface MemberRecord {
  /** Identity that wrote it. A process without shards that acquires the Lease keeps the annotation of the holder before. */
  readonly holder: string
  /** The flags that select its resources and name their domains. */
  readonly scope?: string | undefined
  /** It waits for the acknowledgement of the others, all of which it has seen alive. */
  readonly ready: boolean
  /** It works. */
  readonly active: boolean
  /** Identities that take part in the ownership that it works with. */
  readonly acknowledges: readonly string[]
  /** Number of ExternalSecrets that it syncs. */
  readonly resources: number
  readonly domainCount: number
  /** The first {@link MAX_DOMAINS} domains that it owns. */
  readonly domains: readonly string[]
}

export function encodeMember(record: MemberRecord): string {
  return JSON.stringify(record)
}

/** Undefined for an annotation of another format. */
export function decodeMember(text: string | undefined): MemberRecord | undefined {
  if (text === undefined) return undefined
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
