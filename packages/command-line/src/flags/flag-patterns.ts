/** Syntax of a value, or of each entry of a list. */
export interface FlagPattern {
  /** Matches the whole text. Without lookaround, which Helm's schema validation does not support. */
  readonly pattern: RegExp
  readonly maxLength?: number
  /** Limit of list entries. */
  readonly maxItems?: number
}

/** DNS-1123 label, the syntax of namespaces. */
const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/

/** Patterns by kind of flag. The schema of the chart's values is generated from them. */
export const FLAG_PATTERNS = {
  count: { pattern: /^0*(?:[1-9]\d{0,2}|1000)$/ },
  number: { pattern: /^\d+(?:\.\d+)?$/ },
  namespace: { pattern: LABEL },
  // Each watched namespace costs three watches.
  namespaces: { pattern: LABEL, maxItems: 64 },
  // A label in which * matches any characters. Each entry without a store is compared with all patterns.
  'namespace-patterns': { pattern: /^[-a-z0-9*]{1,63}$/, maxItems: 256 },
  endpoint: { pattern: /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?(?::\d{1,5})?$/ },
  // A host without two adjacent *.
  endpoints: { pattern: /^(?:\*|[a-z0-9]\*?)(?:[-a-z0-9.]\*?){0,252}(?::\d{1,5})?$/ },
  region: { pattern: LABEL },
  // DNS-1123 subdomain, the syntax of most object names.
  name: { pattern: /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/, maxLength: 253 },
  account: { pattern: /^\d{1,32}$/ },
  cluster: { pattern: /^[\w-]{1,64}$/ },
  paths: { pattern: /^\/[^,]*$/ },
  packages: { pattern: /^(?:@[a-z0-9][-._a-z0-9]*\/)?[a-z0-9][-._a-z0-9]*$/ },
} as const satisfies Readonly<Record<string, FlagPattern>>
