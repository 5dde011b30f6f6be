import type { CommandCall } from '@ack-secret-manager/command-line'
import { systemClock } from '@ack-secret-manager/core'
import { InputError } from '../input-error.ts'
import type { Log } from '../output/log.ts'
import { Child } from './child.ts'
import type { EXEC_FLAGS } from './exec-flags.ts'
import { changedSecrets, contentState, type ExecOutput } from './exec-output.ts'
import { findProgram } from './find-program.ts'
import { passSignals } from './pass-signals.ts'
import { programEnvironment } from './program-environment.ts'
import { Supervisor } from './supervisor.ts'
import type { WatchMode } from './watch-mode.ts'

const DEFAULT_STOP_TIMEOUT_MS = 10_000

/** Options of a {@link Program}. */
export interface ProgramOptions {
  readonly output: ExecOutput
  readonly call: CommandCall<typeof EXEC_FLAGS>
  readonly mode: WatchMode
  readonly log: Log
}

/** The program with its current variables. */
export class Program {
  readonly #options: ProgramOptions
  readonly #supervisor: Supervisor
  #variables: ReadonlyMap<string, string> = new Map()
  #state: ReadonlyMap<string, string> = new Map()

  constructor(options: ProgramOptions) {
    const { call, mode, log } = options
    const { flags, rest } = call
    const [program = '', ...args] = rest
    this.#options = options
    this.#supervisor = new Supervisor({
      program,
      start: () => this.#start(program, args),
      mode,
      stopTimeoutMs: flags['stop-timeout'] ?? DEFAULT_STOP_TIMEOUT_MS,
      log,
      clock: systemClock,
    })
  }

  /** Takes the current values. @throws InputError */
  prepare(): void {
    this.#variables = this.#options.output.variables()
    this.#state = contentState(this.#options.output.contents())
  }

  /** Keeps the last values if the program cannot get the new ones. */
  valuesChanged(): void {
    const { log, output } = this.#options
    const changed = changedSecrets(this.#state, contentState(output.contents()))
    if (changed.length === 0) return
    try {
      this.prepare()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      for (const problem of error.problems) log.warn(problem)
      log.warn('the program keeps its last values')
      return
    }
    log.info(`${changed.join(', ')} changed`)
    this.#supervisor.change()
  }

  async run(): Promise<number> {
    const stopPassing = passSignals(this.#options.call.io, this.#supervisor)
    try {
      return await this.#supervisor.run()
    } finally {
      stopPassing()
    }
  }

  async #start(program: string, args: readonly string[]): Promise<Child> {
    const { flags, io } = this.#options.call
    const env = programEnvironment(io.env, this.#variables, flags)
    // Node searches in the PATH of the program, which has none with --pristine.
    const file = flags.pristine ? await findProgram(program, { directories: io.env['PATH'], cwd: io.cwd }) : program
    return Child.start({ program, file, args, env }, io)
  }
}
