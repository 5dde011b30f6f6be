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
