const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

/** Milliseconds of a time as CloudEvents and ActionTrail write it (RFC 3339); undefined for anything else. */
export function eventTime(value: unknown): number | undefined {
  const ms = typeof value === 'string' && ISO.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}
