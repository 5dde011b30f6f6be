import { expect, it } from 'vitest'
import type { NamespaceCondition } from './namespace-condition-spec.ts'
import { namespaceMatcher } from './namespace-matcher.ts'

const none: NamespaceCondition = { namespaces: [], namespaceRegexes: [] }

it('matches nothing without conditions', () => {
  expect(namespaceMatcher([]).matches('a', () => ({}))).toBe(false)
  expect(namespaceMatcher([none]).matches('a', () => ({}))).toBe(false)
})

it('matches a regular expression against the whole name', () => {
  const { matches } = namespaceMatcher([{ ...none, namespaceRegexes: ['team-[ab]|x'] }])
  const names = ['team-a', 'x', 'team-ab', 'my-team-a', 'xx', '']
  expect(names.filter((name) => matches(name, () => undefined))).toEqual(['team-a', 'x'])
})

it('reports regular expressions that do not compile, and applies the others', () => {
  const { matches, broken } = namespaceMatcher([
    none,
    { ...none, namespaces: ['b'], namespaceRegexes: ['a', '(', '(?=a)', '\\1'] },
  ])
  expect(broken).toEqual(['[1].namespaceRegexes[1]', '[1].namespaceRegexes[2]', '[1].namespaceRegexes[3]'])
  expect(['a', 'b', '('].filter((name) => matches(name, () => undefined))).toEqual(['a', 'b'])
})

it('treats unknown labels as no match, and looks up labels only for selectors', () => {
  const absent = namespaceMatcher([
    {
      ...none,
      namespaceSelector: { matchLabels: {}, matchExpressions: [{ key: 'a', operator: 'DoesNotExist', values: [] }] },
    },
  ])
  expect(absent.matches('a', () => undefined)).toBe(false)
  expect(absent.matches('a', () => ({}))).toBe(true)
  const every = namespaceMatcher([{ ...none, namespaceSelector: { matchLabels: {}, matchExpressions: [] } }])
  expect(
    every.matches('a', () => {
      throw new Error('asked')
    }),
  ).toBe(true)
})

it('ignores inherited labels', () => {
  const { matches } = namespaceMatcher([
    {
      ...none,
      namespaceSelector: {
        matchLabels: {},
        matchExpressions: [{ key: 'constructor', operator: 'Exists', values: [] }],
      },
    },
  ])
  expect(matches('a', () => ({}))).toBe(false)
})

it('evaluates a selector once per object of labels', () => {
  let comparisons = 0
  const labels = new Proxy(
    {},
    {
      getOwnPropertyDescriptor: () => {
        comparisons += 1
        return undefined
      },
    },
  )
  const { matches } = namespaceMatcher([
    { ...none, namespaceSelector: { matchLabels: { team: 'a' }, matchExpressions: [] } },
  ])
  expect([matches('a', () => labels), matches('a', () => labels)]).toEqual([false, false])
  expect(comparisons).toBe(1)
  expect(matches('a', () => ({ team: 'a' }))).toBe(true)
})
