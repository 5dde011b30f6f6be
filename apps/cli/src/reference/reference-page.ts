import { type AnyCommand, type Flag, type Flags, usageOf, variableOf } from '@ack-secret-manager/command-line'

const INTRODUCTION = `# Commands of acksm

Generated from the definitions of the commands; \`acksm COMMAND --help\` prints the same, with all flags of the command.

Flags are also read from variables: \`--log-level\` from \`ACKSM_LOG_LEVEL\`. The command line wins over the variable, and the
variable over the default. An empty variable means not set. A variable with several values has one on each line, or separates them by
commas where the flag does.

Flags that are listed without a variable are for one call: \`--yes\`, \`--force\` and \`--dry-run\` decide what this call may change, and
\`--version-id\`, \`--tag\`, \`--watch\` and \`--create\` mean something else for another secret or command. A variable that was set for
another call must not delete a secret.

Exit codes, unless a command lists its own: 0 success, 1 something failed, 2 invalid usage or input, 130 interrupted. SIGTERM ends
\`--watch\`, \`simulate\` and \`ui\` with 0. With \`-o json\` a command that fails prints an [error](../../apps/cli/README.md#output-and-exit-codes).
`

/** A flag is listed once for all commands if so many have it. */
const COMMON = 4

/** `docs/reference/cli.md`: all commands with their flags and variables. */
export function referencePage(commands: readonly AnyCommand[]): string {
  const common = commonFlags(commands)
  const sections = commands.map((command) => commandSection(command, common))
  return [INTRODUCTION, ...(common.size === 0 ? [] : [commonSection(common)]), ...sections].join('\n')
}

/** By flag, the line that most commands have. */
function commonFlags(commands: readonly AnyCommand[]): ReadonlyMap<string, string> {
  const common = new Map<string, { readonly line: string; readonly count: number }>()
  const lines = commands.flatMap(({ flags }) => shownFlags(flags))
  for (const [flag, line] of lines) {
    const count = lines.filter(([, each]) => each === line).length
    if (count >= Math.max(COMMON, common.get(flag)?.count ?? 0)) common.set(flag, { line, count })
  }
  return new Map([...common].map(([flag, { line }]) => [flag, line]))
}

function commonSection(common: ReadonlyMap<string, string>): string {
  return `## Common flags\n\nA command whose flag has another meaning or default lists it itself.\n\n${[...common.values()].join('\n')}\n`
}

function shownFlags(flags: Flags): readonly (readonly [flag: string, line: string])[] {
  const shown = Object.entries(flags).filter(([, { deprecated }]) => deprecated === undefined)
  return shown.map(([flag, each]) => [flag, flagLine(flag, each)])
}

function commandSection(command: AnyCommand, common: ReadonlyMap<string, string>): string {
  const { name, description, argument, more, rest, examples, flags, note } = command
  const shown = shownFlags(flags)
  const others = shown.flatMap(([flag, line]) => (common.get(flag) === line ? code(`--${flag}`) : []))
  const calls = examples.map(([call, does]) => `# ${does}\n${call}`)
  return [
    `## acksm ${name}\n`,
    `\`acksm ${name} ${usageOf(command)}\`\n`,
    `${description.replaceAll('\n', '\n\n')}\n`,
    ...(argument === undefined ? [] : [`- \`${argument.name}\`: ${argument.help}`]),
    ...(more === undefined ? [] : [`- \`${more.name}\`: ${more.help}`]),
    ...(rest === undefined ? [] : [`- \`${rest.name}\`: ${rest.help}`]),
    ...shown.flatMap(([flag, line]) => (common.get(flag) === line ? [] : line)),
    ...(others.length === 0 ? [] : [`- [Common flags](#common-flags): ${others.join(', ')}.`]),
    ...(calls.length === 0 ? [] : [`\n\`\`\`sh\n${calls.join('\n')}\n\`\`\``]),
    ...(note === undefined ? [] : [`\n${note}`]),
    '',
  ].join('\n')
}

function flagLine(name: string, flag: Flag): string {
  const short = flag.short === undefined ? '' : `-${flag.short}, `
  const value = flag.kind === 'switch' ? '' : ` ${placeholderOf(flag)}`
  const variable = flag.variable === false ? '' : `, ${code(variableOf(name))}`
  const choices = flag.value !== undefined && flag.choices ? ` One of ${flag.choices.map(code).join(', ')}.` : ''
  const initial = flag.default === undefined ? '' : ` Default: ${code(flag.default)}.`
  return `- \`${short}--${name}${value}\`${variable}: ${escaped(flag.help)}${choices}${initial}`
}

function placeholderOf({ value, choices, kind }: Flag): string {
  return value ?? choices?.join('|') ?? kind.toUpperCase()
}

function code(text: string): string {
  return `\`${text}\``
}

/** Help is plain text. */
function escaped(text: string): string {
  return text.replaceAll(/[*_<>|]/g, (mark) => `\\${mark}`)
}
