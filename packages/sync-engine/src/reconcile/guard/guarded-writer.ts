import type { SecretWriter, TargetAction } from '@ack-secret-manager/core'

/** A writer that calls `confirm` right before each write. If `confirm` throws, nothing is written. */
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
      return writer.apply(action, options)
    },
    ownedBy: (namespace, ownerName) => writer.ownedBy(namespace, ownerName),
    ...(writer.targetsOf && { targetsOf: writer.targetsOf.bind(writer) }),
    owned: () => writer.owned(),
    unfinished: (owner) => writer.unfinished?.(owner) ?? [],
    onChange: (listener) => writer.onChange(listener),
    close: () => writer.close(),
  }
}
