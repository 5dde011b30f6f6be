import { defined } from '@ack-secret-manager/core'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { SdkCommand, SdkOutcome } from './sdk-client.ts'

/** A process with the official SDKs that trusts one CA file in addition to the public CAs. */
export class SdkProcess {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(caFile: string | undefined) {
    const { NODE_EXTRA_CA_CERTS: _removed, ...environment } = process.env
    this.#child = spawn(process.execPath, [fileURLToPath(new URL('sdk-client.ts', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...environment, ...defined({ NODE_EXTRA_CA_CERTS: caFile }) },
    })
    // A call says that the process has ended.
    this.#child.stdin?.on('error', () => undefined)
    if (this.#child.stdout === null) throw new Error('the child has a piped stdout')
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** Runs one call; calls of one process run one after another. */
  async call(command: SdkCommand): Promise<SdkOutcome> {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`)
    const line = await this.#lines.next()
    if (line.done === true) throw new Error('the SDK process has ended')
    return JSON.parse(line.value) as SdkOutcome
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await exited
  }
}
