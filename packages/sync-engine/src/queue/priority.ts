/** Items with a lower number go first. */
export const PRIORITY = {
  /** Never synced: a workload may be waiting for the first value. */
  first: 0,
  /** A value, a resource or a target changed. */
  changed: 1,
  /** No known change. */
  routine: 2,
  /** Only a status report is pending. */
  report: 3,
} as const

export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY]
