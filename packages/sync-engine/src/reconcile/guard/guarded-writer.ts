import { type SecretWriter, type TargetAction, toSecretSyncError } from '@ack-secret-manager/core'

/**
 * A writer that calls `confirm` right before each write. If `confirm` throws, nothing is written. A write that fails with an error of
 * another class throws a SecretSyncError without its message, which may hold a value.
 */
export function guardedWriter(
  writer: SecretWriter,
  confirm: (action: TargetAction, signal: AbortSignal) => Promise<void>,
): SecretWriter {
  return {
    observe: (target, options) => writer.observe(target, options),
    inspect: (target, options) => writer.inspect(target, options),
    ...(writer.readValues && { readValues: writer.readValues.bind(writer) }),
    ...(writer.serverTimeMs && { serverTimeMs: writer.serverTimeMs.bind(writer) }),
    apply: async (action, options) => {
      await confirm(action, options.signal)
      try {
        return await writer.apply(action, options)
      } catch (error) {
        throw toSecretSyncError(error, `writing Secret ${action.target.namespace}/${action.target.name}`)
      }
    },
    ownedBy: (namespace, ownerName) => writer.ownedBy(namespace, ownerName),
    ...(writer.targetsOf && { targetsOf: writer.targetsOf.bind(writer) }),
    owned: () => writer.owned(),
    unfinished: (owner) => writer.unfinished?.(owner) ?? [],
    onChange: (listener) => writer.onChange(listener),
    close: () => writer.close(),
  }
}
