import { type SecretBackend, type SecretRef, SecretSyncError, type SecretValue } from '@ack-secret-manager/core'

/** Backends that the tests of a file have opened, and the errors of their reads. */
export class OpenedBackends {
  /** Every error of {@link failure}. */
  readonly thrown: unknown[] = []
  readonly #backends: SecretBackend[] = []

  add(backend: SecretBackend): SecretBackend {
    this.#backends.push(backend)
    return backend
  }

  /** The error of a read that must fail. */
  async failure(
    of: SecretBackend,
    ref: SecretRef,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<SecretSyncError> {
    const error = await of.read(ref, { signal }).then(
      () => new Error('the read succeeded'),
      (reason: unknown) => reason,
    )
    this.thrown.push(error)
    if (!(error instanceof SecretSyncError)) throw error
    return error
  }

  async close(): Promise<void> {
    await Promise.all(this.#backends.splice(0).map((backend) => backend.close()))
  }
}

/** The text of a value. */
export function textOf(value: SecretValue): string {
  return new TextDecoder().decode(value.bytes.expose())
}
