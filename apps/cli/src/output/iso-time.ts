/** A time for people and scripts, in UTC, without milliseconds: `2026-11-29T05:45:31Z`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
