import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Seed } from '@ack-secret-manager/kms-simulator'
import { SimulatorClient, type SimulatorReady } from '../simulator-client.ts'
import { Program } from './program.ts'

const SCRIPT = fileURLToPath(new URL('../../../../packages/kms-simulator/bin/kms-simulator.mjs', import.meta.url))

/** The KMS simulator as a process. */
export class SimulatorProcess extends SimulatorClient implements AsyncDisposable {
  readonly program: Program

  private constructor(program: Program, ready: SimulatorReady) {
    super(ready)
    this.program = program
  }

  /** @param seed the seed, or the path of its file */
  static async start(seed: Seed | string, args: readonly string[] = []): Promise<SimulatorProcess> {
    if (typeof seed === 'string') return SimulatorProcess.#run(seed, args)
    await using temporary = await mkdtempDisposable(path.join(tmpdir(), 'acksm-seed-'))
    const { path: directory } = temporary
    const file = path.join(directory, 'seed.yaml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify(seed))
    return await SimulatorProcess.#run(file, args)
  }

  static async #run(seedFile: string, args: readonly string[]): Promise<SimulatorProcess> {
    const program = Program.start({ name: 'kms-simulator', script: SCRIPT, args: ['--seed', seedFile, ...args] })
    const ready = await program.line((line) =>
      line.startsWith('{"kms"') ? (JSON.parse(line) as SimulatorReady) : undefined,
    )
    return new SimulatorProcess(program, ready)
  }

  async stop(): Promise<void> {
    await this.program.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
