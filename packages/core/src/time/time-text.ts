/** RFC 3339 in UTC with seconds, the format of the API server: `2026-11-29T05:45:31Z`. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
}
