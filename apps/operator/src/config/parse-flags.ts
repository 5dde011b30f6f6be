import { commandLineRefusal } from '@ack-secret-manager/command-line'
import { Command, CommanderError, Option } from 'commander'
import { environmentName, type Flag, type FlagKind, FLAGS, type FlagName } from './flags.ts'
import { UsageError } from './usage-error.ts'

/** Flag values from the command line and the environment, as text; lists are joined by commas. */
export interface RawFlags {
  readonly values: ReadonlyMap<FlagName, string>
  readonly warnings: readonly string[]
}

/** The text to print for `--help` or `--version`. */
export interface FlagsHelp {
  readonly help: string
}

/** Kinds of flags that may be repeated. */
const REPEATABLE: ReadonlySet<FlagKind> = new Set([
  'endpoints',
  'namespaces',
  'namespace-patterns',
  'packages',
  'paths',
])

const EXAMPLES = `
Examples:
  ack-secret-manager --region cn-beijing --watch-namespaces web,shop
  ack-secret-manager --polling-interval 30s --log-format text
  ACKSM_KMS_QPS=200 ack-secret-manager

Every flag is also read from the environment: --kms-qps as ACKSM_KMS_QPS.`

/** Parses the command line and the environment. @throws UsageError */
export function parseFlags(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  version: string,
): RawFlags | FlagsHelp {
  let help = ''
  const command = new Command('ack-secret-manager')
    .description('Keeps Kubernetes Secrets equal to secrets in Alibaba Cloud KMS.')
    .version(version)
    .helpOption('-h, --help', 'Show this text.')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => (help += text), writeErr: () => undefined })
  for (const [name, flag] of Object.entries(FLAGS)) command.addOption(optionOf(name, flag))

  try {
    command.parse(argv.map(doubleDash), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { help }
    throw new UsageError(commandLineRefusal(error))
  }
  return collect(command, env)
}

function collect(command: Command, env: Readonly<Record<string, string | undefined>>): RawFlags {
  const values = new Map<FlagName, string>()
  const warnings: string[] = []
  const given = (name: string): string | undefined => {
    const key = name.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())
    const value: unknown = command.getOptionValue(key)
    if (value === true) return 'true'
    return typeof value === 'string' ? value : env[environmentName(name)]
  }
  for (const name of Object.keys(FLAGS) as FlagName[]) {
    const flag: Flag = FLAGS[name]
    // Empty means not set, as in the manifests of the Go operator.
    const value = given(name) || flag.default
    if (value === undefined) continue
    if (flag.deprecated !== undefined) warnings.push(`--${name} has no effect: ${flag.deprecated}`)
    values.set(name, value)
  }
  return { values, warnings }
}

function optionOf(name: string, flag: Flag): Option {
  const shown = flag.default === undefined ? '' : ` (default: ${flag.default})`
  const option = new Option(
    flag.kind === 'boolean' ? `--${name} [true|false]` : `--${name} <${flag.kind}>`,
    `${flag.help}${shown}`,
  )
  if (REPEATABLE.has(flag.kind)) {
    option.argParser((value: string, before: unknown) => (typeof before === 'string' ? `${before},${value}` : value))
  }
  return flag.deprecated === undefined ? option : option.hideHelp()
}

/** Accepts `-region x`, as Go programs do, because manifests for the Go operator may use it. */
function doubleDash(argument: string): string {
  return /^-[a-z][a-z-]+(?:=|$)/.test(argument) ? `-${argument}` : argument
}
