/** Items with a lower number go first. */
export const PRIORITY = {
  /** Never synced: a workload may be waiting for the first value. */
  first: 0,
  /** A value, a resource or a target changed. */
  changed: 1,
  /** No known change. */
  routine: 2,
  /** Only a status report is pending, and it must not wait for all work. */
  urgentReport: 3,
  /** Only a status report is pending. */
  report: 4,
} as const

export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY]

export function isReport(priority: Priority): boolean {
  return priority >= PRIORITY.urgentReport
}
