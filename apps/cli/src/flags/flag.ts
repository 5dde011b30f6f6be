/** Definition of one flag. */
export interface Flag {
  readonly kind: keyof KindValues
  /** One letter. */
  readonly short?: string
  /** Placeholder of the value in the help. */
  readonly value?: string
  readonly help: string
  /** Default value, as typed. */
  readonly default?: string
  /** Allowed values. */
  readonly choices?: readonly string[]
  /** The flag is required. */
  readonly required?: true
}

/** Flags by name, without their dashes. */
export type Flags = Readonly<Record<string, Flag>>

/** Value of each kind of flag. */
export interface KindValues {
  readonly text: string
  readonly switch: boolean
  /** Milliseconds. */
  readonly duration: number
  /** May be repeated. */
  readonly list: readonly string[]
  /** One flag may have several values. */
  readonly paths: readonly string[]
  readonly namespace: string
  readonly port: number
}

/** Values of a set of flags; undefined for flags without a default. */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends { readonly choices: readonly (infer Choice)[] }
    ? Choice | Absent<F[Name]>
    : KindValues[F[Name]['kind']] | Absent<F[Name]>
}

type Absent<F extends Flag> = F extends
  | { readonly default: string }
  | { readonly required: true }
  | { readonly kind: 'switch' | 'list' | 'paths' }
  ? never
  : undefined
