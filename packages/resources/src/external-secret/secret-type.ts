import { SecretSyncError, type Sensitive } from '@ack-secret-manager/core'

/** The content that a Secret will have. A key whose value stays unchanged has no bytes here. */
export type KnownContent = ReadonlyMap<string, Sensitive<Uint8Array> | undefined>

/** Why a content is invalid for a Secret type; undefined if it is valid. */
type Check = (content: KnownContent) => string | undefined

/**
 * The API server's checks by Secret type (Kubernetes, `ValidateSecret`). Other types have none. The API server does not
 * parse certificates.
 */
const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['kubernetes.io/tls', (content) => missing(content, 'tls.crt') ?? missing(content, 'tls.key')],
  ['kubernetes.io/dockerconfigjson', (content) => notJson(content, '.dockerconfigjson')],
  ['kubernetes.io/dockercfg', (content) => notJson(content, '.dockercfg')],
  [
    'kubernetes.io/basic-auth',
    (content) => (content.has('username') || content.has('password') ? undefined : 'requires key username or password'),
  ],
  [
    'kubernetes.io/ssh-auth',
    (content) =>
      missing(content, 'ssh-privatekey') ??
      (content.get('ssh-privatekey')?.expose().length === 0 ? 'key ssh-privatekey is empty' : undefined),
  ],
  [
    'kubernetes.io/service-account-token',
    () => 'is managed by Kubernetes; use another type, or a TokenRequest to get a token',
  ],
])

/**
 * @throws SecretSyncError `InvalidForType` when the API server would reject a Secret of that type with that content, or when
 * Kubernetes itself writes Secrets of that type
 */
export function checkSecretType(type: string, content: KnownContent): void {
  const why = CHECKS.get(type)?.(content)
  if (why !== undefined) throw new SecretSyncError('InvalidForType', `type ${type}: ${why}`)
}

function missing(content: KnownContent, key: string): string | undefined {
  return content.has(key) ? undefined : `requires key ${key}, which no entry provides`
}

function notJson(content: KnownContent, key: string): string | undefined {
  const bytes = content.get(key)
  if (bytes === undefined) return missing(content, key)
  return isGoObject(bytes.expose()) ? undefined : `key ${key} must hold a JSON object`
}

/** Limit of Go's JSON scanner. */
const MAX_DEPTH = 10_000

/** Whether Go's `json.Unmarshal` accepts the bytes as a map. It replaces invalid UTF-8, and accepts `null`. */
function isGoObject(bytes: Uint8Array): boolean {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch {
    return false // The message would quote the value.
  }
  if (typeof root !== 'object' || Array.isArray(root)) return false
  const open: [value: unknown, depth: number][] = [[root, 1]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [value, depth] = next
    if (typeof value === 'object' && value !== null) {
      if (depth > MAX_DEPTH) return false
      for (const member of Object.values(value)) open.push([member, depth + 1])
    } else if (value === Infinity || value === -Infinity) return false // Go rejects numbers that overflow.
  }
  return true
}
