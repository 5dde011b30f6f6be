import type { FaultProxy } from './fault-proxy.ts'
import type { ProxiedRequest } from './proxied-request.ts'

/** A request and what was returned. */
export interface RecordedCall extends ProxiedRequest {
  /** Kinds of the returned objects; for a watch, kinds of the objects in its events so far. */
  readonly kinds: ReadonlySet<string>
}

/**
 * Records the requests through a proxy and the kinds of returned objects. An audit log shows neither the requested media type nor
 * what a watch sends.
 */
export function recordCalls(proxy: FaultProxy): RecordedCall[] {
  const calls: RecordedCall[] = []
  const kindsOf = new WeakMap<ProxiedRequest, Set<string>>()
  proxy.hook = {
    before: (call) => {
      const kinds = new Set<string>()
      kindsOf.set(call, kinds)
      calls.push({ ...call, kinds })
      return false
    },
    received: (call, text) => {
      const kind = kindIn(text)
      if (kind !== undefined) kindsOf.get(call)?.add(kind)
    },
  }
  return calls
}

/** Kind of an object, or of the object of an event. */
function kindIn(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined
  const { kind, object } = JSON.parse(text) as { readonly kind?: string; readonly object?: { readonly kind?: string } }
  return kind ?? object?.kind
}
