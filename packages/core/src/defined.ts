type Defined<Members> = { [Name in keyof Members]?: Exclude<Members[Name], undefined> }

/**
 * The members that are not undefined, for optional fields that must be absent instead.
 * @example
 * ```ts
 * const options: { region: string; endpoint?: string } = { region, ...defined({ endpoint }) }
 * ```
 */
export function defined<Members extends object>(members: Members): Defined<Members> {
  // Only members with an undefined value are missing, and every member of the result is optional.
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<Members>
}

type Filled<Options, Defaults> = {
  readonly [Name in keyof Defaults & keyof Options]-?: Exclude<Options[Name], undefined>
}

/**
 * The options with a default for each that is absent or undefined. TypeScript without `exactOptionalPropertyTypes` accepts
 * `{ timeoutMs: undefined }`, and a spread would prefer that to the default.
 */
export function withDefaults<Options extends object, Defaults extends Partial<Options>>(
  options: Options,
  defaults: Defaults,
): Options & Filled<Options, Defaults> {
  // A required member is never undefined, so that `defined` keeps all of them.
  return { ...defaults, ...(defined(options) as Options) } as Options & Filled<Options, Defaults>
}
