import {
  type Flags,
  type FlagValues,
  readFlags,
  type SingleProgram,
  UsageError,
} from '@ack-secret-manager/command-line'
import { endWithNpm } from '@ack-secret-manager/control-plane'
import { exitOnClosedPipe } from './exit-on-closed-pipe.ts'
import { inScratch } from './in-scratch.ts'

/** An npm script with flags. */
export interface Tool<F extends Flags, Options> extends SingleProgram<F> {
  /** Converts the flags. @throws UsageError */
  readonly options: (values: FlagValues<F>) => Options
  /** Keep all temporary files in one directory, which is removed at the end. */
  readonly scratch?: true
}

/** Declares a tool, so that the types of its options follow from its flags. */
export function defineTool<const F extends Flags, Options>(tool: Tool<F, Options>): Tool<F, Options> {
  return tool
}

/** Reads the options of a tool. @returns undefined if it has printed the help. @throws UsageError */
export function toolOptions<F extends Flags, Options>(
  tool: Tool<F, Options>,
  argv: readonly string[],
): Options | undefined {
  const read = readFlags({ ...tool, name: `npm run ${tool.name} --` }, argv, process)
  return read && tool.options(read.values)
}

/**
 * Runs a tool as this process, and sets the exit code: that of `work`, or 2 for wrong usage.
 * @param onClosedPipe ends a tool without scratch when the reader of its output has closed it. @default at once
 */
export async function runTool<F extends Flags, Options>(
  tool: Tool<F, Options>,
  work: (options: Options) => Promise<number>,
  onClosedPipe?: (exitCode: number) => void,
): Promise<void> {
  const run = async (): Promise<number> => {
    try {
      const options = toolOptions(tool, process.argv.slice(2))
      return options === undefined ? 0 : await work(options)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      process.stderr.write(`${tool.name}: ${error.message}; see --help\n`)
      return 2
    }
  }
  endWithNpm()
  if (!tool.scratch) exitOnClosedPipe(onClosedPipe)
  process.exitCode = tool.scratch ? await inScratch(tool.name, run) : await run()
}

/** Flag `--latency-ms`. */
export const KMS_LATENCY = {
  kind: 'integer',
  min: '0',
  max: '60000',
  value: 'N',
  default: '5',
  help: 'delay of every response of KMS in milliseconds',
} as const
