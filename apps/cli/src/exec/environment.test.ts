import { Sensitive } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { InputError } from '../input-error.ts'
import { CANARY } from '../testing/run.ts'
import { type SecretContent, variablesOf, type VariablesOptions } from './environment.ts'

const KEEP: VariablesOptions = { names: 'keep', allow: [], skipInvalidNames: false }

function secret(name: string, data: Readonly<Record<string, string | Uint8Array>>): SecretContent {
  const entries = Object.entries(data).map(([key, value]) => [key, new Sensitive(Buffer.from(value))] as const)
  return { target: { namespace: 'shop', name }, data: new Map(entries) }
}

function problemsOf(secrets: readonly SecretContent[], options: Partial<VariablesOptions> = {}): readonly string[] {
  try {
    variablesOf(secrets, { ...KEEP, ...options })
    return []
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return error.problems
  }
}

it('keeps names and bytes, whatever a shell would make of them', () => {
  const odd = ' a "b" $c `d` \\e\n\r\t=ü€😀 \u007f'
  const { values } = variablesOf(
    [secret('a', { A: odd, _b1: '', ['__proto__']: 'x' }), secret('b', { C: '\ufeffx' })],
    KEEP,
  )
  expect(Object.fromEntries(values)).toEqual(
    Object.fromEntries([
      ['A', odd],
      ['_b1', ''],
      ['__proto__', 'x'],
      ['C', '\ufeffx'],
    ]),
  )
})

it('makes names of keys, or leaves out those that are none', () => {
  const one = secret('a', { 'db-password': '1', 'tls.crt': '2', '1st': '3' })
  const { values, skipped } = variablesOf([one], { ...KEEP, names: 'upper', skipInvalidNames: true })
  expect([Object.fromEntries(values), skipped]).toEqual([
    { DB_PASSWORD: '1', TLS_CRT: '2' },
    ['Secret shop/a, key 1st'],
  ])
})

it.each<[string, readonly SecretContent[], Partial<VariablesOptions>, readonly string[]]>([
  [
    'a name with a hyphen',
    [secret('a', { 'db-password': '1' })],
    {},
    [
      'Secret shop/a, key db-password: not the name of an environment variable; use --names upper (DB_PASSWORD), --files or --skip-invalid-names',
    ],
  ],
  [
    'a name with a digit in front, also in upper case',
    [secret('a', { '1st': '1' })],
    { names: 'upper' },
    ['Secret shop/a, key 1st: not the name of an environment variable; use --files or --skip-invalid-names'],
  ],
  [
    'one name from two Secrets',
    [secret('a', { X: '1' }), secret('b', { X: '1' })],
    {},
    ['X: given by Secret shop/a, key X, and by Secret shop/b, key X; choose one Secret with --secret, or use --files'],
  ],
  [
    'one name from two keys',
    [secret('a', { 'x-y': '1', 'x.y': '2' })],
    { names: 'upper' },
    [
      'X_Y: given by Secret shop/a, key x-y, and by Secret shop/a, key x.y; choose one Secret with --secret, or use --files',
    ],
  ],
  [
    'a NUL',
    [secret('a', { X: `${CANARY}\0` })],
    {},
    ['Secret shop/a, key X: the value contains a NUL byte, which a variable cannot contain; use --files'],
  ],
  [
    'other bytes than text',
    [secret('a', { X: new Uint8Array([0xff, 0xfe]) })],
    {},
    ['Secret shop/a, key X: the value is not UTF-8, and Node passes on nothing else; use --files'],
  ],
  [
    'a value that Linux refuses',
    [secret('a', { X: 'x'.repeat(131_070) })],
    {},
    ['Secret shop/a, key X: the value has 131070 bytes, too many for a variable (131069 for X); use --files'],
  ],
])('refuses %s', (_rule, secrets, options, problems) => {
  expect(problemsOf(secrets, options)).toEqual(problems)
})

it('accepts the longest value', () => {
  expect(problemsOf([secret('a', { X: 'x'.repeat(131_069) })])).toEqual([])
})

it('reports every problem', () => {
  expect(problemsOf([secret('a', { 'a-b': '1', 'c-d': '2', X: '\0' })])).toHaveLength(3)
})

it.each([
  'PATH',
  'LD_PRELOAD',
  'LD_AUDIT',
  'DYLD_INSERT_LIBRARIES',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'BASH_ENV',
  'IFS',
  'PYTHONPATH',
  'PERL5OPT',
  'RUBYOPT',
  'JAVA_TOOL_OPTIONS',
  'HOME',
  'GIT_SSH_COMMAND',
  'HTTPS_PROXY',
  'https_proxy',
  'EDITOR',
  'OPENSSL_CONF',
  'OPENSSL_MODULES',
  'ZDOTDIR',
  'GLIBC_TUNABLES',
  'KUBECONFIG',
  'npm_config_registry',
  'NPM_CONFIG_SCRIPT_SHELL',
  'XDG_CONFIG_HOME',
  'XDG_CONFIG_DIRS',
  'MAVEN_OPTS',
])('sets %s only if it is allowed', (name) => {
  const secrets = [secret('a', { [name]: '1' })]
  expect(problemsOf(secrets)).toEqual([
    `Secret shop/a, key ${name}: would set ${name}, which decides how programs are run; allow it with --allow-env ${name}`,
  ])
  expect(problemsOf(secrets, { allow: [name] })).toEqual([])
  expect(problemsOf(secrets, { allow: ['OTHER'] })).toHaveLength(1)
})
