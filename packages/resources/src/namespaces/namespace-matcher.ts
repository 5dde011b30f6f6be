import type { NamespaceCondition, NamespaceSelector } from './namespace-condition-spec.ts'
import { NamespaceRegexes } from './namespace-regexes.ts'

/** Tells the labels of a namespace; undefined where nobody knows them, which is not the same as their absence. */
type LookUpLabels = () => Labels | undefined
type Labels = Readonly<Record<string, string>>

/** Which namespaces a list of conditions means. */
export interface NamespaceMatcher {
  /** @param labelsOf asked only where labels matter */
  readonly matches: (namespace: string, labelsOf: LookUpLabels) => boolean
  /** Paths below the list of regular expressions that do not compile, such as `[0].namespaceRegexes[1]`. They match nothing, and the others are heard. */
  readonly broken: readonly string[]
}

/** The meaning of `conditions`: a namespace is meant where any part of any entry is true. */
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

/** A sync asks once per secret. A namespace whose labels change gets another object of labels. */
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

/** Kubernetes API conventions, LabelSelector: all of it must be true. */
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
