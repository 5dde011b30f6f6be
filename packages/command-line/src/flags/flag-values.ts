import type { Flag, Flags, FlagValues, KindValue } from './flag.ts'
import { kindOf } from './flag-kinds.ts'
import { typedText } from './typed-text.ts'
import { UsageError } from './usage-error.ts'

/** Where values of flags come from. The command line wins over the environment, and that over the default. */
export interface FlagSources {
  /** Values from the command line by flag: its text, true for a flag without one, or a list of texts. */
  readonly given: Readonly<Record<string, unknown>>
  /** Read by the names of {@link variableOf}; an empty variable means not set. Absent: flags have no variables. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** `--flag=` means not set, also repeated, as in the manifests of the Go operator. @default false: it is an invalid value */
  readonly allowEmpty?: boolean
}

/** `kms-qps` is `ACKSM_KMS_QPS` in the environment. */
export function variableOf(name: string): string {
  return `ACKSM_${name.toUpperCase().replaceAll('-', '_')}`
}

/** Reads all flags of a table. @throws UsageError with the first invalid one */
export function flagValues<F extends Flags>(flags: F, sources: FlagSources): FlagValues<F> {
  const values = Object.entries(flags).map(([name, flag]) => [name, readFlag(name, flag, sources)])
  // Keys and values are derived from the same table of flags.
  return Object.fromEntries(values) as FlagValues<F>
}

/** One line for each flag that is given and has no effect any more. */
export function deprecationsOf(flags: Flags, sources: FlagSources): readonly string[] {
  return Object.entries(flags).flatMap(([name, flag]) =>
    flag.deprecated !== undefined && isGiven(name, flag, sources)
      ? [`--${name} has no effect: ${flag.deprecated}`]
      : [],
  )
}

function isGiven(name: string, flag: Flag, sources: FlagSources): boolean {
  return (typedTexts(name, sources) ?? variableTexts(name, flag, sources)).join('') !== ''
}

function readFlag(name: string, flag: Flag, sources: FlagSources): unknown {
  if (flag.deprecated !== undefined) return undefined
  const typed = typedTexts(name, sources)
  const given = typed ?? variableTexts(name, flag, sources)
  const texts = given.length > 0 || flag.default === undefined ? given : [flag.default]
  if (texts.length === 0 && flag.required) throw new UsageError(`--${name} ${flag.value ?? 'VALUE'} is required`)
  const read = (text: string): unknown => valueOf(typed === undefined ? variableOf(name) : `--${name}`, flag, text)
  switch (kindOf(flag.kind).given) {
    case 'repeated':
    case 'several':
      return texts.flatMap(read)
    case 'commas':
      return texts.length === 0 ? [] : read(texts.join(','))
    case 'none':
      return texts.length > 0 && read(texts.join(','))
    default:
      return texts[0] === undefined ? undefined : read(texts[0])
  }
}

/** The texts on the command line; undefined if the flag is not there, none if it is there and means not set. */
function typedTexts(name: string, { given, allowEmpty = false }: FlagSources): readonly string[] | undefined {
  const value = given[name]
  if (value === undefined) return undefined
  const texts = (Array.isArray(value) ? value : [value]).map(String)
  if (texts.length === 0) return undefined
  return allowEmpty ? texts.filter((text) => text !== '') : texts
}

/** The texts of the variable, if the flag has one. Values that may contain commas are on lines of their own. */
function variableTexts(name: string, { kind, variable }: Flag, { env = {} }: FlagSources): readonly string[] {
  if (variable === false) return []
  const text = env[variableOf(name)] ?? ''
  const { given } = kindOf(kind)
  const texts = given === 'repeated' || given === 'several' ? text.split('\n') : [text]
  return texts.filter((each) => each !== '')
}

/**
 * Parses the value of a flag.
 * @throws UsageError with the flag and the expected value; it repeats the value only if it cannot be a secret
 */
export function flagValue<F extends Flag>(name: string, flag: F, text: string): KindValue<F['kind']> {
  return valueOf(`--${name}`, flag, text)
}

/** @param where the flag or the variable that holds the text, for errors */
function valueOf<F extends Flag>(where: string, flag: F, text: string): KindValue<F['kind']> {
  const { shape, parse } = kindOf(flag.kind)
  const value = parse(text, flag)
  // The type of a kind is that of its parser.
  if (value !== undefined && flag.choices?.includes(text) !== false) return value as KindValue<F['kind']>
  throw new UsageError(`${where} ${typedText(text, shape)}: expected ${expectedValue(flag)}`)
}

/** What values a flag accepts, in words. */
export function expectedValue(flag: Flag): string {
  const { expected } = kindOf(flag.kind)
  return flag.choices?.join(' or ') ?? (typeof expected === 'string' ? expected : expected(flag))
}
