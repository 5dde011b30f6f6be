import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'
import { goProgram } from './go-program.ts'

/** The real cosign with a key pair of its own. A release signs without a key; signatures are stored and verified the same way. */
export class Cosign implements AsyncDisposable {
  readonly #binary: string
  readonly #home: string

  private constructor(binary: string, home: string) {
    this.#binary = binary
    this.#home = home
  }

  static async open(): Promise<Cosign> {
    const cosign = new Cosign(await goProgram('cosign'), await mkdtemp(path.join(tmpdir(), 'acksm-cosign-')))
    await cosign.#run('generate-key-pair')
    return cosign
  }

  /** Signs a name with its digest. Nothing leaves this machine: the transparency log would. */
  sign(reference: string): Promise<string> {
    return this.#run(
      'sign',
      '--yes',
      '--key',
      'cosign.key',
      '--use-signing-config=false',
      '--tlog-upload=false',
      reference,
    )
  }

  /** @throws Error without a signature by this key */
  verify(reference: string): Promise<string> {
    return this.#run('verify', '--key', 'cosign.pub', '--insecure-ignore-tlog=true', reference)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#home, { recursive: true, force: true })
  }

  #run(...args: readonly string[]): Promise<string> {
    return runProgram(this.#binary, args, { cwd: this.#home, env: { HOME: this.#home, COSIGN_PASSWORD: '' } })
  }
}
