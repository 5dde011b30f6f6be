import { defined, timeText } from '@ack-secret-manager/core'
import { GENERATED_PREFIX } from '@ack-secret-manager/resources'

/** How old a generated value is, and with which settings it was made. Stored as the version of its key in the record of the target. */
export interface GeneratedVersion {
  /** Wall-clock milliseconds, in whole seconds. */
  readonly generatedMs: number
  /** Expiry of a token, in wall-clock milliseconds and whole seconds. */
  readonly expiresMs?: number
  /** As {@link SecretGenerator.settings}. */
  readonly settings: string
}

const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`
const VERSION = new RegExp(`^(${TIME})/(?:(${TIME})/)?([0-9a-f]{1,64})$`)

/** What the record names as the origin of a generated key. */
export function generatedOrigin(kind: string): string {
  return `${GENERATED_PREFIX}${kind}`
}

/** Whether a key with this origin was generated. */
export function isGenerated(origin: string): boolean {
  return origin.startsWith(GENERATED_PREFIX)
}

/** `2026-01-01T00:00:00Z/1a2b3c4d`, and `2026-01-01T00:00:00Z/2026-01-01T01:00:00Z/1a2b3c4d` for a token. */
export function encodeGeneratedVersion({ generatedMs, expiresMs, settings }: GeneratedVersion): string {
  return [generatedMs, ...(expiresMs === undefined ? [] : [expiresMs])].map(timeText).concat(settings).join('/')
}

/** Undefined for a text that is no version of a generated value. */
export function decodeGeneratedVersion(text: string): GeneratedVersion | undefined {
  const [, time, expiry, settings] = VERSION.exec(text) ?? []
  if (time === undefined || settings === undefined) return undefined
  const generatedMs = Date.parse(time)
  const expiresMs = expiry === undefined ? undefined : Date.parse(expiry)
  if (Number.isNaN(generatedMs) || Number.isNaN(expiresMs)) return undefined
  return { generatedMs, settings, ...defined({ expiresMs }) }
}
