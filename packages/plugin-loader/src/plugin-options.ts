import { type BackendPlugin, SecretSyncError } from '@ack-secret-manager/core'

const MAX_MESSAGE_LENGTH = 300

/**
 * Validates the config of a store with the schema of the backend package.
 * @throws SecretSyncError `InvalidSpec` naming the field of `config`
 */
export function pluginOptions(plugin: BackendPlugin, config: Readonly<Record<string, unknown>>): unknown {
  // A copy, because a schema may change its input.
  const result = plugin.optionsSchema['~standard'].validate(structuredClone(config))
  if (result instanceof Promise) {
    // Prevents an unhandled rejection.
    result.catch(() => undefined)
    throw new SecretSyncError('InvalidSpec', `config: the schema of ${plugin.name} must not be asynchronous`, {
      facts: { field: 'config' },
    })
  }
  if (result.issues === undefined) return result.value
  const [first] = result.issues
  const field = fieldOf(first?.path ?? [])
  const more = result.issues.length > 1 ? ` (and ${result.issues.length - 1} more)` : ''
  const message = (first?.message ?? 'not valid').replaceAll(/\s+/g, ' ').slice(0, MAX_MESSAGE_LENGTH)
  throw new SecretSyncError('InvalidSpec', `${field}: ${message}${more}`, { facts: { field } })
}

function fieldOf(path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  const parts = path.map((part) => {
    const key = typeof part === 'object' ? part.key : part
    if (typeof key === 'number') return `[${key}]`
    const text = String(key)
    return /^[A-Za-z_]\w*$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`
  })
  return `config${parts.join('')}`
}
