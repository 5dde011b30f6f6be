import { GENERATED_KEY, GENERATED_ROTATION_MS } from '../workload/resources.ts'
import type { ExpectedState } from './expected-state.ts'
import type { SecretSnapshot } from './secret-snapshot.ts'

/** A value is written seconds after the time in its record. */
const MAX_WRITE_MS = 60_000
const GENERATED = /^[A-Za-z0-9]{32}$/

/** Checks that a generated value changes only at its rotation, by a user, or after the key was removed by a user. */
export class GeneratedValues {
  readonly #expectedState: ExpectedState
  /** When the current value of each Secret was first seen, in monotonic milliseconds. */
  readonly #sinceMs = new Map<string, number>()

  constructor(expectedState: ExpectedState) {
    this.#expectedState = expectedState
  }

  /** @param before the same Secret before; undefined for a new one. @returns what was seen instead; undefined if the value is right */
  check(target: string, before: SecretSnapshot | undefined, now: SecretSnapshot): string | undefined {
    const text = now.data.get(GENERATED_KEY)
    const former = before?.data.get(GENERATED_KEY)
    if (text === undefined || text === former || !this.#expectedState.isGenerated(target, GENERATED_KEY))
      return undefined
    const nowMs = this.#expectedState.nowMs()
    const ageMs = nowMs - (this.#sinceMs.get(target) ?? -Infinity)
    this.#sinceMs.set(target, nowMs)
    if (this.#expectedState.isEdit(target, GENERATED_KEY, text)) return undefined
    if (!GENERATED.test(text)) return `${text.length} characters that were not generated`
    const { resourceVersion } = before ?? {}
    const isRemoved =
      former === undefined ||
      resourceVersion === undefined ||
      this.#expectedState.mayDrop(target, GENERATED_KEY, resourceVersion, now.resourceVersion)
    if (isRemoved || ageMs >= GENERATED_ROTATION_MS - MAX_WRITE_MS) return undefined
    return `another value after ${Math.round(ageMs / 1_000)} s`
  }
}
