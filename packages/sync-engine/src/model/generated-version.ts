/** How old a generated value is, and with which settings it was made. Stored as the version of its key in the record of the target. */
export interface GeneratedVersion {
  /** Wall-clock milliseconds, in whole seconds. */
  readonly generatedMs: number
  /** As {@link SecretGenerator.settings}. */
  readonly settings: string
}

const PREFIX = 'generated '
const VERSION = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\/([0-9a-f]{1,64})$/

/** What the record names as the origin of a generated key. No secret in KMS has a space in its name. */
export function generatedOrigin(kind: string): string {
  return `${PREFIX}${kind}`
}

/** Whether a key with this origin was generated. */
export function isGenerated(origin: string): boolean {
  return origin.startsWith(PREFIX)
}

export function encodeGeneratedVersion({ generatedMs, settings }: GeneratedVersion): string {
  return `${new Date(generatedMs).toISOString().slice(0, 19)}Z/${settings}`
}

/** Undefined for a text that is no version of a generated value. */
export function decodeGeneratedVersion(text: string): GeneratedVersion | undefined {
  const [, time, settings] = VERSION.exec(text) ?? []
  if (time === undefined || settings === undefined) return undefined
  const generatedMs = Date.parse(time)
  return Number.isNaN(generatedMs) ? undefined : { generatedMs, settings }
}
