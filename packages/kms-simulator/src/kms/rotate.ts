import { randomBytes, randomUUID } from 'node:crypto'
import { putVersion } from './versions.ts'
import { CURRENT, type Secret, type SecretVersion } from './secret.ts'

/** Fields that a rotation replaces in a managed secret's document. */
const SECRET_FIELD = /password|secret|privatekey/i

function isDocument(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The same document with new passwords; a document without one, or another value, is replaced. */
function freshData(current: SecretVersion | undefined): string {
  const random = randomBytes(18).toString('base64url')
  if (current === undefined) return random
  if (current.dataType === 'binary') return randomBytes(18).toString('base64')
  let document: unknown
  try {
    document = JSON.parse(current.data)
  } catch {
    return random
  }
  if (!isDocument(document)) return random
  const secretKeys = Object.keys(document).filter((key) => SECRET_FIELD.test(key))
  const renewed = secretKeys.length > 0 ? secretKeys : Object.keys(document)
  return JSON.stringify({ ...document, ...Object.fromEntries(renewed.map((key) => [key, random])) })
}

/** A new current version with new credentials and rotation dates. */
export function rotate(secret: Secret, options: { versionId?: string | undefined; nowMs: number }): Secret {
  const { nowMs, versionId = randomUUID() } = options
  const current = secret.versions.find(({ stages }) => stages.includes(CURRENT))
  const rotated = putVersion(secret, {
    id: versionId,
    createdAtMs: nowMs,
    data: freshData(current),
    dataType: current?.dataType ?? 'text',
    stages: [CURRENT],
  })
  return { ...rotated, rotation: rotated.rotation === undefined ? undefined : nextRotation(rotated.rotation, nowMs) }
}

function nextRotation(rotation: NonNullable<Secret['rotation']>, nowMs: number): Secret['rotation'] {
  const { automatic, intervalSeconds } = rotation
  const nextAtMs = automatic && intervalSeconds !== undefined ? nowMs + intervalSeconds * 1_000 : undefined
  return { automatic, intervalSeconds, lastAtMs: nowMs, nextAtMs }
}
