import { fileURLToPath } from 'node:url'
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

  static async start(seedFile: string, args: readonly string[] = []): Promise<SimulatorProcess> {
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
