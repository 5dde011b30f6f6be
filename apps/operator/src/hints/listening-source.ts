import type { BindAddress } from '@ack-secret-manager/command-line'
import type { HintBatch, HintSource } from '@ack-secret-manager/core'
import type { HttpHintSource } from '@ack-secret-manager/hint-source-http'
import { listenAt } from '../http/listen-at.ts'

/** An HTTP target that listens before it receives. The operator also works without it, so its address may be in use. */
export class ListeningSource implements HintSource {
  readonly #source: Pick<HttpHintSource, 'description' | 'listen' | 'receive' | 'close'>
  readonly #address: BindAddress
  readonly #onListening: (port: number) => void
  #port: number | undefined

  constructor(
    source: Pick<HttpHintSource, 'description' | 'listen' | 'receive' | 'close'>,
    address: BindAddress,
    onListening: (port: number) => void,
  ) {
    this.#source = source
    this.#address = address
    this.#onListening = onListening
  }

  get description(): string {
    return this.#source.description
  }

  get port(): number | undefined {
    return this.#port
  }

  /** Listens if the address can be used. */
  async tryToListen(): Promise<void> {
    try {
      await this.#listen()
    } catch {
      // The next receive tries again, and fails with the reason.
    }
  }

  /** @throws SecretSyncError `Unavailable` if the address cannot be used, or as {@link HttpHintSource.receive} */
  async receive(options: { signal: AbortSignal }): Promise<HintBatch> {
    if (this.#port === undefined) await this.#listen()
    return this.#source.receive(options)
  }

  close(): Promise<void> {
    return this.#source.close()
  }

  async #listen(): Promise<void> {
    this.#port = await listenAt('hint-http-bind-address', this.#address, this.#source)
    this.#onListening(this.#port)
  }
}
