import { open, stat } from 'node:fs/promises'

/** One request in the audit log of an API server. */
export interface AuditedRequest {
  readonly user: string
  readonly verb: string
  /** Plural with subresource: `secrets`, `externalsecrets/status`. Empty for non-resource paths such as `/version`. */
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly code: number
  /** Wall-clock milliseconds of the response; for a watch, of its start. */
  readonly answeredMs: number
}

/** Number of requests by `verb resource`. */
export type RequestCounts = Readonly<Record<string, number>>

interface AuditEvent {
  readonly stage: string
  readonly stageTimestamp: string
  readonly verb: string
  readonly user: { readonly username?: string }
  readonly objectRef?: {
    readonly resource?: string
    readonly subresource?: string
    readonly namespace?: string
    readonly name?: string
  }
  readonly responseStatus?: { readonly code?: number }
}

/** Parses one line; undefined for the second line of a watch, which is logged at its start and its end. */
export function parseAuditLine(line: string): AuditedRequest | undefined {
  const { stage, stageTimestamp, verb, user, objectRef = {}, responseStatus } = JSON.parse(line) as AuditEvent
  if (stage === 'RequestReceived' || (verb === 'watch') !== (stage === 'ResponseStarted')) return undefined
  const { resource = '', subresource, namespace = '', name = '' } = objectRef
  return {
    user: user.username ?? '',
    verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    code: responseStatus?.code ?? 0,
    answeredMs: Date.parse(stageTimestamp),
  }
}

/** Counts requests by verb and resource, most frequent first. */
export function countRequests(requests: Iterable<AuditedRequest>): RequestCounts {
  const counts = new Map<string, number>()
  for (const { verb, resource } of requests) {
    const what = `${verb} ${resource}`
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a))
}

/** Whether a request does work: everything except Lease renewals and watches. */
export function isWork({ verb, resource }: AuditedRequest): boolean {
  return verb !== 'watch' && resource !== 'leases'
}

const CHUNK_BYTES = 4 * 1024 * 1024

/** Follows the audit log of a control plane that was started with `audit`. One caller at a time. */
export class AuditLog {
  readonly #file: string
  #offset = 0

  constructor(file: string | undefined) {
    if (file === undefined) throw new Error('the control plane keeps no audit log: start it with audit')
    this.#file = file
  }

  /** Follows the log of a shared control plane, without the requests until now. */
  static async fromNow(file: string | undefined): Promise<AuditLog> {
    const log = new AuditLog(file)
    log.#offset = (await stat(log.#file)).size
    return log
  }

  /** Requests of a user since the last call. The log contains completed requests only. */
  async take(user: string): Promise<AuditedRequest[]> {
    const wanted = `"username":${JSON.stringify(user)}`
    const requests: AuditedRequest[] = []
    // Skip lines of other users without parsing.
    for await (const line of this.#lines()) {
      const request = line.includes(wanted) ? parseAuditLine(line) : undefined
      if (request?.user === user) requests.push(request)
    }
    return requests
  }

  async *#lines(): AsyncGenerator<string, void, void> {
    const handle = await open(this.#file)
    try {
      const buffer = Buffer.alloc(CHUNK_BYTES)
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, this.#offset)
        // An incomplete line is read next time.
        const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1
        if (end === 0) return
        this.#offset += end
        yield* buffer
          .subarray(0, end - 1)
          .toString('utf8')
          .split('\n')
      }
    } finally {
      await handle.close()
    }
  }
}
