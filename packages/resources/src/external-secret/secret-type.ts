import { SecretSyncError } from '@ack-secret-manager/core'

/** What a Secret will hold, as far as it is known: a key that stays as it is has no bytes here. */
export type KnownContent = ReadonlyMap<string, Uint8Array | undefined>

/** Why a Secret of a type cannot hold a content; undefined where it can. */
type Check = (content: KnownContent) => string | undefined

/**
 * What the API server asks of a Secret by its type (Kubernetes, `ValidateSecret`): of the types that are not here it asks nothing,
 * and no more than this of those that are. A certificate may be any text.
 */
const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['kubernetes.io/tls', (content) => missing(content, 'tls.crt') ?? missing(content, 'tls.key')],
  ['kubernetes.io/dockerconfigjson', (content) => notJson(content, '.dockerconfigjson')],
  ['kubernetes.io/dockercfg', (content) => notJson(content, '.dockercfg')],
  [
    'kubernetes.io/basic-auth',
    (content) => (content.has('username') || content.has('password') ? undefined : 'needs key username or password'),
  ],
  [
    'kubernetes.io/ssh-auth',
    (content) =>
      missing(content, 'ssh-privatekey') ??
      (content.get('ssh-privatekey')?.length === 0 ? 'key ssh-privatekey is empty' : undefined),
  ],
  [
    'kubernetes.io/service-account-token',
    () => 'is filled in and deleted by Kubernetes itself; take another type, or a TokenRequest for a token',
  ],
])

/**
 * @throws SecretSyncError `InvalidForType` when the API server would not take a Secret of that type with that content, or when
 * somebody else would write to it
 */
export function checkSecretType(type: string, content: KnownContent): void {
  const why = CHECKS.get(type)?.(content)
  if (why !== undefined) throw new SecretSyncError('InvalidForType', `type ${type}: ${why}`)
}

function missing(content: KnownContent, key: string): string | undefined {
  return content.has(key) ? undefined : `needs key ${key}, which no entry gives`
}

function notJson(content: KnownContent, key: string): string | undefined {
  const bytes = content.get(key)
  if (bytes === undefined) return missing(content, key)
  return isGoObject(bytes) ? undefined : `key ${key} must hold a JSON object`
}

/** Of Go's JSON scanner. */
const MAX_DEPTH = 10_000

/** Whether Go's `json.Unmarshal` takes the bytes for a map: bytes that are not UTF-8 are replaced, `null` is one. */
function isGoObject(bytes: Uint8Array): boolean {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch {
    return false // Its message would quote the value.
  }
  if (typeof root !== 'object' || Array.isArray(root)) return false
  const open: [value: unknown, depth: number][] = [[root, 1]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [value, depth] = next
    if (typeof value === 'object' && value !== null) {
      if (depth > MAX_DEPTH) return false
      for (const member of Object.values(value)) open.push([member, depth + 1])
    } else if (value === Infinity || value === -Infinity) return false // Go has no such number.
  }
  return true
}
