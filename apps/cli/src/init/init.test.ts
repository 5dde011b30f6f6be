import { INDEX_FILE, jsonSchemas, parseExternalSecret, parseSecretStore } from '@ack-secret-manager/resources'
import { Ajv } from 'ajv'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { TestIssuer, useAccess } from '../testing/access.ts'
import { folderWith } from '../testing/files.ts'
import { useManagedKms } from '../testing/managed-kms.ts'
import { CANARY, type Ran, run, start } from '../testing/run.ts'
import { ACCESS_METHODS, type AccessMethod } from './access-methods.ts'

const issuer = new TestIssuer()
const access = useAccess(async () => issuer)
const kms = useManagedKms()
beforeAll(async () => {
  const data = JSON.stringify({ username: 'shop', password: `${CANARY}-password` })
  await access.control('PUT', '/secrets/shop/json', { data })
})
afterEach(() => access.forget())

const ROLE = 'acs:ram::1234567890123456:role/direct'
const PROVIDER = 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-demo'

/** Flags that a method requires. */
const REQUIRED: Readonly<Record<AccessMethod, () => readonly string[]>> = {
  'access-key': () => ['--credentials-secret', 'access-key'],
  'assume-role': () => ['--credentials-secret', 'assume-role-key', '--role-arn', ROLE],
  rrsa: () => ['--role-arn', ROLE, '--oidc-provider-arn', PROVIDER],
  'worker-role': () => [],
  'client-key': () => ['--credentials-secret', 'client-key', '--instance', access.instance],
}

const ajv = new Ajv({ strict: false })
for (const [name, schema] of jsonSchemas()) ajv.addSchema(schema, name)

const init = (...argv: string[]): Promise<Ran> => run(['init', '--yes', '--offline', ...argv])

/** The Secret with the credential, as the comment of the manifests says how to create it. */
async function credentialOf(method: AccessMethod): Promise<string> {
  if (method === 'client-key') return access.clientKeySecret()
  const documents = (await access.manifest(method)).split(/^---\n/m)
  return documents.find((text) => /^kind: Secret$/m.test(text)) ?? ''
}

const KEYS: readonly (readonly [name: string, argv: readonly string[], keys: readonly string[]])[] = [
  ['the whole value', [], ['json']],
  ['the whole value with a key', ['--key', 'db.json'], ['db.json']],
  ['members', ['--members', 'username', '--members', 'password'], ['password', 'username']],
]
const NAMES: readonly (readonly string[])[] = [
  [],
  ['--store', 'other', '--name', 'web', '--namespace', 'shop', '--region', 'cn-hangzhou'],
]
const COMBINATIONS = ACCESS_METHODS.flatMap((method) =>
  KEYS.flatMap(([what, argv, keys]) => NAMES.map((names) => [method, what, [...argv, ...names], keys] as const)),
)

describe('the manifests', () => {
  it.each(COMBINATIONS)('%s, %s, %j: are read without a warning', async (method, _what, argv, keys) => {
    const { code, out, err } = await init('--secret', 'shop/json', '--access', method, ...REQUIRED[method](), ...argv)
    expect([code, err]).toEqual([0, 'acksm: next: acksm render -f FILE, then kubectl apply -f FILE\n'])
    for (const document of parseAllDocuments(out)) {
      expect([document.errors, document.warnings]).toEqual([[], []])
      const object = document.toJS() as { kind: string }
      expect([ajv.validate(INDEX_FILE, object), ajv.errors]).toEqual([true, null])
      if (object.kind === 'SecretStore') expect(parseSecretStore(object)).toMatchObject({ ok: true })
      if (object.kind === 'ExternalSecret') expect(parseExternalSecret(object)).toMatchObject({ ok: true })
    }
    const ca = (await readFile(access.instanceCaFile)).toString('base64')
    const namespace = argv.includes('shop') ? 'shop' : 'default'
    const cwd = await folderWith({
      'in/init.yaml': out.replace(`endpoint: ${access.instance}`, `endpoint: ${access.instance}\n      ca: ${ca}`),
      'in/credential.yaml': await credentialOf(method),
    })
    const more = ['-n', namespace, '--enable-worker-role', '-o', 'json']
    const rendered = await run(['render', '-f', 'in', ...access.flags, ...more], { cwd })
    if (method === 'rrsa') {
      // Only a cluster issues tokens of a ServiceAccount; everything before that is read.
      expect(rendered.err).toMatch(/tokens of a ServiceAccount require a cluster/)
      expect(rendered.code).toBe(1)
      return
    }
    const { items } = JSON.parse(rendered.out) as { items: { metadata: { name: string }; data: object }[] }
    expect([rendered.code, rendered.err, items.map(({ data }) => Object.keys(data).toSorted())]).toEqual([
      0,
      '',
      [keys],
    ])
    expect(items[0]?.metadata).toMatchObject({ name: argv.includes('web') ? 'web' : 'shop-json', namespace })
  })

  it('quotes what YAML would not read as a text', async () => {
    const { out } = await init('--secret', '0777', '--members', 'on', '--members', 'a-b', '--name', '1e3')
    const [store, secret] = parseAllDocuments(out, { version: '1.1' }).map((document) => document.toJS() as object)
    expect(store).toMatchObject({ kind: 'SecretStore' })
    expect(secret).toMatchObject({
      metadata: { name: '1e3' },
      spec: {
        data: [
          {
            key: '0777',
            jmesPath: [
              { path: 'on', objectAlias: 'on' },
              { path: '"a-b"', objectAlias: 'a-b' },
            ],
          },
        ],
      },
    })
  })
})

describe('--out', () => {
  it('writes a file, and replaces none without --force', async () => {
    const cwd = await folderWith({})
    const write = (...argv: string[]): Promise<Ran> =>
      run(['init', '--yes', '--offline', '--secret', 'shop/db', '--out', 'a.yaml', ...argv], { cwd })
    expect(await write()).toMatchObject({ code: 0, out: '' })
    const text = await readFile(path.join(cwd, 'a.yaml'), 'utf8')
    expect(await write('--store', 'other')).toMatchObject({
      code: 2,
      err: 'acksm: --out a.yaml: exists; add --force to replace it\n',
    })
    expect(await readFile(path.join(cwd, 'a.yaml'), 'utf8')).toBe(text)
    expect(await write('--store', 'other', '--force')).toMatchObject({ code: 0 })
    expect(await readFile(path.join(cwd, 'a.yaml'), 'utf8')).toContain('name: other')
  })
})

describe('the check at KMS', () => {
  const check = async (secret: string, env: Record<string, string> = {}): Promise<Ran> =>
    kms.run(['init', '--yes', '--secret', secret, '--timeout', '30s'], { env })

  it('says that the secret exists, and reads no value', async () => {
    const name = await kms.secret('one')
    await kms.forget()
    expect(await check(name)).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^acksm: KMS secret made\/1 exists at 127\.0\.0\.1:\d+: type Generic\nacksm: next: /),
    })
    expect(await kms.calls()).toEqual(['DescribeSecret OK 1'])
  })

  it('is a note when it fails', async () => {
    const none = { ALIBABA_CLOUD_ACCESS_KEY_ID: '', ALIBABA_CLOUD_ACCESS_KEY_SECRET: '' }
    const unknown = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tUnknown' }
    const cases = [
      [await check('no/such'), /^acksm: not confirmed: KMS secret "no\/such" .*no such secret/],
      [await check('made/1', none), /^acksm: not checked: no Alibaba Cloud identity is configured/],
      [await check('made/1', unknown), /^acksm: not confirmed: /],
    ] as const
    for (const [{ code, out, err }, note] of cases) {
      expect([code, out]).toEqual([0, expect.stringContaining('kind: SecretStore')])
      expect(err).toMatch(note)
    }
  })

  it('is not made with --offline', async () => {
    await kms.forget()
    await kms.run(['init', '--yes', '--secret', 'made/1', '--offline'])
    expect(await kms.calls()).toEqual([])
  })
})

describe('questions', () => {
  it('have defaults, and are repeated after an invalid answer', async () => {
    const terminal = new PassThrough()
    const running = start(['init', '--offline', '--namespace', 'shop'], {
      openTerminal: () => terminal,
      isTTY: { stdout: false, stderr: true },
    })
    const answers: readonly (readonly [question: RegExp, answer: string])[] = [
      [/How does the store get access\? .* \[access-key\]: $/, 'rsa'],
      [/expected access-key or .*\n.*\[access-key\]: $/, 'worker-role'],
      [/Region of KMS \[cn-hangzhou\]: $/, ''],
      [/KMS secret, such as shop\/db: $/, ''],
      [/expected an answer\nKMS secret, such as shop\/db: $/, 'shop/db'],
      [/Members of its JSON object .*: $/, 'username, password'],
      [/Name of the Secret \[shop-db\]: $/, ''],
      [/Name of the SecretStore \[kms\]: $/, 'team'],
    ]
    for (const [question, answer] of answers) {
      await running.err.until(question)
      terminal.write(`${answer}\n`)
    }
    const { code, out } = await running.done
    expect(code).toBe(0)
    const flags = '--access worker-role --secret shop/db --members username --members password --store team'
    const same = await init(...flags.split(' '), '--namespace', 'shop')
    expect(out).toBe(same.out)
  })

  it('end with Ctrl-C, and nothing is written', async () => {
    const cwd = await folderWith({})
    const running = start(['init', '--out', 'a.yaml'], { cwd, openTerminal: () => new PassThrough() })
    await running.err.until(/get access/)
    running.stop('SIGINT')
    expect([(await running.done).code, await readdir(cwd)]).toEqual([130, []])
  })
})

it.each([
  [[], 'there is no terminal to ask on: add --yes and flags; see acksm init --help'],
  [['--yes'], '--secret is required with --yes; see acksm init --help'],
  [['--yes', '--access', 'none'], /^acksm: --access none: expected access-key or .*\n$/],
  [['--yes', '--access', 'rrsa', '--secret', 'a'], '--role-arn is required with --yes; see acksm init --help'],
  [
    ['--yes', '--access', 'rrsa', '--role-arn', 'x', '--secret', 'a'],
    '--role-arn: expected acs:ram::ACCOUNT:role/NAME; see acksm init --help',
  ],
  [['--yes', '--access', 'client-key', '--secret', 'a'], '--instance is required with --yes; see acksm init --help'],
  [
    ['--yes', '--role-arn', ROLE, '--secret', 'a'],
    '--role-arn needs --access assume-role or rrsa; see acksm init --help',
  ],
  [
    ['--yes', '--secret', 'a', '--members', 'x', '--key', 'y'],
    '--key and --members cannot be combined; use one of them; see acksm init --help',
  ],
  [['--yes', '--secret', 'a b'], '--secret: expected letters, digits and _/+=.@-; see acksm init --help'],
  [['--yes', '--secret', 'a', '--members', 'x y'], /^acksm: --members: expected names of .*\n$/],
  [['--yes', '--secret', 'a', '--force'], '--force needs --out; see acksm init --help'],
  [['--yes', '--secret', 'a', '--offline', '--out', 'no/a.yaml'], '--out no/a.yaml: no such directory'],
  [['--yes', '--secret', 'a', '--out', 'dir'], '--out dir: is a directory; name a file in it'],
  [['--yes', '--secret', 'a', '--out', 'dir/file'], '--out dir/file: exists; add --force to replace it'],
  [
    ['--yes', '--secret', 'a', '--offline', '--out', 'dir/file/x'],
    '--out dir/file/x: a part of the path is a file, not a directory',
  ],
])('acksm init %j: one clear line, exit code 2', async (argv, message) => {
  const cwd = await folderWith({ 'dir/file': '' })
  const { code, out, err } = await run(['init', ...argv], { cwd })
  if (typeof message === 'string') expect(err).toBe(`acksm: ${message}\n`)
  else expect(err).toMatch(message)
  expect([code, out, await readdir(cwd)]).toEqual([2, '', ['dir']])
  expect((await stat(path.join(cwd, 'dir'))).isDirectory()).toBe(true)
})
