/** Which namespaces the operator works in. */
export interface NamespaceFilter {
  /** Only these are watched; empty means all. */
  readonly watch: readonly string[]
  /** These are passed over. */
  readonly exclude: readonly string[]
}

/** Whether the filter lets a namespace through. */
export function admits({ watch, exclude }: NamespaceFilter, namespace: string): boolean {
  return !exclude.includes(namespace) && (watch.length === 0 || watch.includes(namespace))
}
