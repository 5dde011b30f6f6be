import { describe, expect, it } from 'vitest'
import { defineCommand } from './command.ts'
import { completions } from './completions.ts'

const load = async () => async () => 0
const commands = [
  defineCommand({
    name: 'sync',
    summary: 'Sync.',
    description: '',
    examples: [],
    argument: { name: 'NAME', help: '', completes: 'resource' },
    flags: {
      output: { kind: 'text', short: 'o', choices: ['human', 'json'], help: 'Format.' },
      filename: { kind: 'files', short: 'f', help: 'Manifests.' },
      kubeconfig: { kind: 'text', value: 'FILE', help: 'Kubeconfig.' },
      context: { kind: 'text', completes: 'context', help: 'Context.' },
      namespace: { kind: 'namespace', short: 'n', help: 'Namespace.' },
      region: { kind: 'region', help: 'Region.' },
      watch: { kind: 'switch', help: 'Keep running.' },
      strict: { kind: 'boolean', help: 'Strict.' },
      old: { kind: 'text', deprecated: 'use another', help: '' },
    },
    load,
  }),
  defineCommand({
    name: 'shell',
    summary: 'Shell.',
    description: '',
    examples: [],
    argument: { name: 'SHELL', help: '', choices: ['bash', 'zsh'] },
    flags: {},
    load,
  }),
  defineCommand({
    name: 'exec',
    summary: 'Execute.',
    description: '',
    examples: [],
    rest: { name: 'PROGRAM', help: '' },
    flags: { get: { kind: 'list', help: 'Get.' } },
    load,
  }),
]
const FLAG_WORDS = '--output --filename --kubeconfig --context --namespace --region --watch --strict --help'.split(' ')

function wordsOf(words: readonly string[]): readonly string[] | string {
  const found = completions({ commands }, words)
  return found.kind === 'words' ? found.words.map(({ word }) => word) : found.kind
}

describe('completes words', () => {
  it.each<[words: string[], expected: string[]]>([
    [[], ['sync', 'shell', 'exec', 'help']],
    [['s'], ['sync', 'shell']],
    [['--'], ['--help', '--version']],
    [
      ['help', 's'],
      ['sync', 'shell'],
    ],
    [['help', 'sync', ''], []],
    [['sync', '-'], FLAG_WORDS],
    [['sync', '-f', 'a', '--w'], ['--watch']],
    [['sync', '--o'], ['--output']],
    [['sync', 'name', ''], FLAG_WORDS],
    [
      ['sync', 'name', '--watch', '--region', 'a', '-f', 'a', '-'],
      FLAG_WORDS.filter((word) => !/watch|region/.test(word)),
    ],
    [
      ['sync', '-o', ''],
      ['human', 'json'],
    ],
    [['sync', '--output', 'j'], ['json']],
    [['sync', '--output=j'], ['--output=json']],
    [
      ['sync', '--strict='],
      ['--strict=true', '--strict=false'],
    ],
    [['sync', '--none='], []],
    [['sync', '--constructor='], []],
    [['sync', '--region', ''], []],
    [
      ['shell', ''],
      ['bash', 'zsh'],
    ],
    [['shell', 'bash', ''], ['--help']],
    [
      ['exec', '--get', 'A=b', ''],
      ['--get', '--help'],
    ],
    [['unknown', ''], []],
  ])('%j', (words, expected) => {
    expect(wordsOf(words)).toEqual(expected)
  })
})

it.each([
  [['sync', '-f', 'a']],
  [['sync', '-f', 'a', 'b']],
  [['sync', '--filename', 'a']],
  [['sync', '--kubeconfig', 'a']],
  [['sync', '--kubeconfig=a']],
  [['exec', '--', 'a']],
  [['exec', '--', 'node', '--get', 'a']],
])('leaves %j to the shell', (words) => {
  expect(wordsOf(words)).toBe('files')
})

it.each<[words: string[], expected: object]>([
  [['sync', 'a'], { source: 'resource', prefix: '', typed: 'a' }],
  [['sync', '--watch', 'a'], { source: 'resource', typed: 'a' }],
  [
    ['sync', '--context', 'prod', '-n', 'shop', 'a'],
    {
      source: 'resource',
      typed: 'a',
      given: new Map([
        ['context', 'prod'],
        ['namespace', 'shop'],
      ]),
    },
  ],
  [['sync', '--context', 'p'], { source: 'context', typed: 'p' }],
  [['sync', '--context=p'], { source: 'context', typed: 'p', prefix: '--context=' }],
  [['sync', '-n', ''], { source: 'namespace', typed: '' }],
])('asks the program for %j', (words, expected) => {
  expect(completions({ commands }, words)).toMatchObject({ kind: 'source', ...expected })
})

it('has the help of each candidate', () => {
  expect(completions({ commands }, ['sync', '--w'])).toEqual({
    kind: 'words',
    words: [{ word: '--watch', help: 'Keep running.' }],
  })
})
