import { CanaryRun, newMarker } from './canary-run.ts'
import type { Wanted } from './channel-scan.ts'

/** Shortest value that can be distinguished from other text. */
const MIN_LENGTH = 8

/** Marker of programs outside a test run. */
const ownMarker = newMarker()

/**
 * A value for a credential or a secret in a test: `canary-MARKER-LABEL`, the same for the same label within a run, unlike
 * anything in another one. The scan at the end of the run finds it wherever it shows.
 * @param label lower-case letters, digits and dashes
 */
export function canary(label: string): string {
  const run = CanaryRun.current
  const value = `canary-${run?.marker ?? ownMarker}-${label}`
  run?.plant({ label, value })
  return value
}

/** Adds another value to the scan, such as a part of a key. @returns the value */
export function plant(label: string, value: string): string {
  if (value.length < MIN_LENGTH || !/^[ -~]+$/.test(value)) {
    throw new RangeError(
      `${label}: expected at least ${MIN_LENGTH} ASCII characters, which can be distinguished from other text`,
    )
  }
  CanaryRun.current?.plant({ label, value })
  return value
}

/** All values that this run has planted so far. @throws Error outside of a run */
export function planted(): Required<Wanted> {
  const run = CanaryRun.current
  if (run === undefined) throw new Error('no run of canaries: add the canary reporter to the vitest configuration')
  return { values: run.planted, marker: run.marker }
}

/** Adds visible text to the scan: a log, metrics, statuses. */
export function collect(channel: string, text: string | Uint8Array): void {
  CanaryRun.current?.collect(channel, text)
}
