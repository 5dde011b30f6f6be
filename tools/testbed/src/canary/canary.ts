import { CanaryRun, newMarker } from './canary-run.ts'
import type { Wanted } from './channel-scan.ts'

/** Shortest value that can be told from other text. */
const MIN_LENGTH = 8

/** For programs that are no test run. */
const ownMarker = newMarker()

/**
 * A value for a credential or a secret in a test: `canary-MARKER-LABEL`, the same for the same label within a run, unlike
 * anything in another one. The scan at the end of the run finds it wherever it was told.
 * @param label lower-case letters, digits and dashes
 */
export function canary(label: string): string {
  const run = CanaryRun.current
  const value = `canary-${run?.marker ?? ownMarker}-${label}`
  run?.plant({ label, value })
  return value
}

/** Has the scan look for a value that had to be made otherwise, such as a part of a key. @returns the value */
export function plant(label: string, value: string): string {
  if (value.length < MIN_LENGTH || !/^[ -~]+$/.test(value)) {
    throw new RangeError(
      `${label}: expected at least ${MIN_LENGTH} ASCII characters, which can be told from other text`,
    )
  }
  CanaryRun.current?.plant({ label, value })
  return value
}

/** All that this run has planted so far. @throws Error outside of one */
export function planted(): Required<Wanted> {
  const run = CanaryRun.current
  if (run === undefined) throw new Error('no run of canaries: add the canary reporter to the vitest configuration')
  return { values: run.planted, marker: run.marker }
}

/** Gives the scan something that was told to people or programs: a log, a page of metrics, statuses. */
export function collect(channel: string, told: string | Uint8Array): void {
  CanaryRun.current?.collect(channel, told)
}
