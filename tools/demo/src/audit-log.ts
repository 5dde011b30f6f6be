import { readFile } from 'node:fs/promises'

interface AuditEvent {
  readonly user?: { readonly username?: string }
  readonly verb?: string
  readonly objectRef?: { readonly resource?: string }
  readonly stageTimestamp?: string
}

/** Requests of one user since a moment, by verb and resource; lease renewals and watches are counted apart. */
export async function requestsOf(
  auditLogPath: string,
  user: string,
  sinceMs: number,
): Promise<{ readonly requests: number; readonly leases: number; readonly watches: number }> {
  const counts = { requests: 0, leases: 0, watches: 0 }
  for (const line of (await readFile(auditLogPath, 'utf8')).split('\n')) {
    if (!line.includes(user)) continue
    const event = JSON.parse(line) as AuditEvent
    if (event.user?.username !== user || Date.parse(event.stageTimestamp ?? '') < sinceMs) continue
    if (event.objectRef?.resource === 'leases') counts.leases += 1
    else if (event.verb === 'watch') counts.watches += 1
    else counts.requests += 1
  }
  return counts
}
