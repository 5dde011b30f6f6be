/** The namespaces that the operator manages. */
export interface NamespaceFilter {
  /** Managed namespaces; empty means all. */
  readonly watch: readonly string[]
  /** Namespaces to skip. */
  readonly exclude: readonly string[]
}

/** Whether the operator manages a namespace. */
export function admits({ watch, exclude }: NamespaceFilter, namespace: string): boolean {
  return !exclude.includes(namespace) && (watch.length === 0 || watch.includes(namespace))
}

/** The namespaces that the flags select. */
export function namespacesOf({
  watchNamespaces,
  excludeNamespaces,
}: {
  readonly watchNamespaces: readonly string[]
  readonly excludeNamespaces: readonly string[]
}): NamespaceFilter {
  return { watch: watchNamespaces, exclude: excludeNamespaces }
}
