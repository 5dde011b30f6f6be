import type { NamespaceCondition, NamespaceSelector } from './namespace-condition-spec.ts'
import { NamespaceRegexes } from './namespace-regexes.ts'

/** Returns the labels of a namespace; undefined if they are unknown, which differs from a namespace without labels. */
type LookUpLabels = () => Labels | undefined
type Labels = Readonly<Record<string, string>>

/** Namespaces that a list of conditions selects. */
export interface NamespaceMatcher {
  /** @param labelsOf called only for conditions with a selector */
  readonly matches: (namespace: string, labelsOf: LookUpLabels) => boolean
  /** Paths of regular expressions that do not compile, such as `[0].namespaceRegexes[1]`. They match nothing. */
  readonly broken: readonly string[]
}

/** Compiles `conditions`. A namespace is selected if it matches any part of any entry. */
export function namespaceMatcher(conditions: readonly NamespaceCondition[]): NamespaceMatcher {
  const parts = conditions.map(({ namespaceSelector, namespaces, namespaceRegexes }) => ({
    isSelected: namespaceSelector && remembered(namespaceSelector),
    names: new Set(namespaces),
    regexes: NamespaceRegexes.of(namespaceRegexes),
  }))
  return {
    broken: parts.flatMap(({ regexes }, index) => regexes.broken.map((at) => `[${index}].namespaceRegexes[${at}]`)),
    matches: (namespace, labelsOf) =>
      parts.some(
        ({ names, regexes, isSelected }) =>
          names.has(namespace) || regexes.matches(namespace) || isSelected?.(labelsOf) === true,
      ),
  }
}

/** A sync calls this once per secret. Changed labels arrive as a new object, so results are cached by object. */
function remembered(selector: NamespaceSelector): (labelsOf: LookUpLabels) => boolean {
  const known = new WeakMap<Labels, boolean>()
  if (Object.keys(selector.matchLabels).length === 0 && selector.matchExpressions.length === 0) return () => true
  return (labelsOf) => {
    const labels = labelsOf()
    if (labels === undefined) return false
    const selected = known.get(labels) ?? selects(selector, labels)
    known.set(labels, selected)
    return selected
  }
}

/** LabelSelector of the Kubernetes API: all requirements must match. */
function selects({ matchLabels, matchExpressions }: NamespaceSelector, labels: Labels): boolean {
  const valueOf = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  return (
    Object.entries(matchLabels).every(([key, value]) => valueOf(key) === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = valueOf(key)
      switch (operator) {
        case 'Exists':
          return value !== undefined
        case 'DoesNotExist':
          return value === undefined
        case 'In':
          return value !== undefined && values.includes(value)
        case 'NotIn':
          return value === undefined || !values.includes(value)
      }
    })
  )
}
