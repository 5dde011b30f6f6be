import type { FLAG_KINDS, FlagKind, FlagRange } from './flag-kinds.ts'

/** Definition of one flag. */
export interface Flag extends FlagRange {
  readonly kind: FlagKind
  readonly help: string
  /** One letter. */
  readonly short?: string
  /** Placeholder of the value in the help. @default the choices, or the kind */
  readonly value?: string
  /** Default value, as typed. */
  readonly default?: string
  /** Allowed values. */
  readonly choices?: readonly string[]
  /** What completes the value in a shell, by a name that the program knows. @default 'namespace' for a namespace, or files */
  readonly completes?: string
  /** The flag is required. */
  readonly required?: true
  /** The flag is for one call, so it has no variable. @default it has one */
  readonly variable?: false
  /** Why the flag has no effect any more. It is accepted with any value, and the help does not show it. */
  readonly deprecated?: string
}

/** Flags by name, without their dashes. */
export type Flags = Readonly<Record<string, Flag>>

/** Kinds that collect values; without any their value is an empty list. */
type ListKind = {
  [K in FlagKind]: (typeof FLAG_KINDS)[K] extends { readonly given: 'commas' | 'repeated' | 'several' } ? K : never
}[FlagKind]

/** Type of the value of a kind. */
export type KindValue<K extends FlagKind> = Exclude<ReturnType<(typeof FLAG_KINDS)[K]['parse']>, undefined>

type Absent<F extends Flag> = F extends
  | { readonly default: string }
  | { readonly required: true }
  | { readonly kind: 'switch' | ListKind }
  ? never
  : undefined

/** Values of a set of flags; undefined for flags without a default. */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends { readonly deprecated: string }
    ? undefined
    : F[Name] extends { readonly choices: readonly (infer Choice)[] }
      ? Choice | Absent<F[Name]>
      : KindValue<F[Name]['kind']> | Absent<F[Name]>
}
