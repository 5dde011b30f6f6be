import type { FlagKind } from './flags.ts'

/** What the text of a value must look like; of a list, each of its entries. */
export interface FlagPattern {
  /** Of the whole text. Without lookaround, which the engine of Helm's schemas does not have. */
  readonly pattern: RegExp
  readonly maxLength?: number
  /** Entries of a list. */
  readonly maxItems?: number
}

/** DNS-1123 label, as namespaces have it. */
const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/

/** Patterns of the kinds of flags that one can tell; the schema of the chart's values is made of them as well. */
export const FLAG_PATTERNS = {
  count: { pattern: /^0*(?:[1-9]\d{0,2}|1000)$/ },
  number: { pattern: /^\d+(?:\.\d+)?$/ },
  // Each watched namespace costs three watches.
  namespaces: { pattern: LABEL, maxItems: 64 },
  // A label, with any characters where a * is. Every entry without a store is compared with all of them.
  'namespace-patterns': { pattern: /^[-a-z0-9*]{1,63}$/, maxItems: 256 },
  endpoint: { pattern: /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?(?::\d{1,5})?$/ },
  // A host, with no two * side by side.
  endpoints: { pattern: /^(?:\*|[a-z0-9]\*?)(?:[-a-z0-9.]\*?){0,252}(?::\d{1,5})?$/ },
  region: { pattern: LABEL },
  // DNS-1123 subdomain, as most objects have it.
  name: { pattern: /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/, maxLength: 253 },
  account: { pattern: /^\d{1,32}$/ },
  cluster: { pattern: /^[\w-]{1,64}$/ },
  paths: { pattern: /^\/[^,]*$/ },
  packages: { pattern: /^(?:@[a-z0-9][-._a-z0-9]*\/)?[a-z0-9][-._a-z0-9]*$/ },
} as const satisfies { readonly [K in FlagKind]?: FlagPattern }
