import { expect, it } from 'vitest'
import { defineCommand } from './command.ts'
import { completions } from './completions.ts'

const load = async () => async () => 0
const commands = [
  defineCommand({
    name: 'sync',
    summary: 'Sync.',
    description: '',
    examples: [],
    flags: {
      output: { kind: 'text', short: 'o', choices: ['human', 'json'], help: 'Format.' },
      filename: { kind: 'files', short: 'f', help: 'Manifests.' },
      kubeconfig: { kind: 'text', value: 'FILE', help: 'Kubeconfig.' },
      region: { kind: 'region', help: 'Region.' },
      watch: { kind: 'switch', help: 'Keep running.' },
      old: { kind: 'text', deprecated: 'use another', help: '' },
    },
    load,
  }),
  defineCommand({ name: 'simulate', summary: 'Simulate.', description: '', examples: [], flags: {}, load }),
  defineCommand({
    name: 'exec',
    summary: 'Run.',
    description: '',
    examples: [],
    rest: { name: 'COMMAND', help: 'Program.' },
    flags: { watch: { kind: 'switch', help: 'Keep running.' } },
    load,
  }),
]

const FLAG_WORDS = ['--output', '--filename', '--kubeconfig', '--region', '--watch']

it.each([
  [[], ['sync', 'simulate', 'exec']],
  [['sy'], ['sync']],
  [['sync', ''], FLAG_WORDS],
  [['sync', '--o'], ['--output']],
  [['sync', '--watch', ''], FLAG_WORDS],
  [
    ['sync', '-o', ''],
    ['human', 'json'],
  ],
  [['sync', '--output', 'j'], ['json']],
  [['sync', '--region', ''], []],
  [['unknown', ''], []],
])('completes %j', (words, expected) => {
  const found = completions({ commands }, words)
  expect(found === 'files' ? found : found.map(({ word }) => word)).toEqual(expected)
})

it.each([['-f'], ['--filename'], ['--kubeconfig']])('leaves the value of %s to the shell', (flag) => {
  expect(completions({ commands }, ['sync', flag, 'a'])).toBe('files')
})

it('leaves another program and its arguments to the shell', () => {
  expect(completions({ commands }, ['exec', '--', ''])).toBe('files')
  expect(completions({ commands }, ['exec', '--', 'node', '--w'])).toBe('files')
  expect(completions({ commands }, ['exec', '--w'])).toHaveLength(1)
  expect(completions({ commands }, ['sync', '--', '--w'])).toHaveLength(1)
})

it('has the help of each candidate', () => {
  expect(completions({ commands }, ['sync', '--w'])).toEqual([{ word: '--watch', help: 'Keep running.' }])
})
