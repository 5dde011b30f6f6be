import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { Sensitive } from './sensitive.ts'

it.each<[string, (value: Sensitive<string>) => string]>([
  ['a string', (value) => String(value)],
  ['a template', (value) => [value].join('')],
  ['JSON', (value) => JSON.stringify({ value })],
  ['an inspection', (value) => inspect({ value }, { showHidden: true, depth: 9 })],
  ['an error', (value) => inspect(new Error('x', { cause: value }))],
  ['its own members', (value) => JSON.stringify(Object.entries(value))],
])('does not show in %s', (_where, show) => {
  const value = new Sensitive('hunter2')
  expect(show(value)).not.toContain('hunter2')
  expect(value.expose()).toBe('hunter2')
})
