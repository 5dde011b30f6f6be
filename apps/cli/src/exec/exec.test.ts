import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { BINARY, KEY_ENV, useKms } from '../testing/kms.ts'
import { manualTime } from '../testing/manual-time.ts'
import { entry, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, run } from '../testing/run.ts'

const kms = useKms()
afterEach(() => kms.control('DELETE', '/faults'))

const ref = { secretStoreRef: { name: 'kms' } }
/** Prints the variables that are not inherited as JSON. */
const PRINT = [
  'node',
  '-e',
  'for (const name of ["PATH", "HOME", "ALIBABA_CLOUD_ECS_METADATA_DISABLED"]) delete process.env[name]; console.log(JSON.stringify(process.env))',
]
const env = { PATH: process.env['PATH'] ?? '', ...KEY_ENV }

async function manifests(): Promise<string> {
  return folderWith({
    'in/store.yaml': storeYaml(),
    'in/web.yaml': externalSecretYaml('web', {
      data: [{ key: 'app/db', ...ref, jmesPath: [{ path: 'password', objectAlias: 'db-password' }] }],
    }),
    'in/api.yaml': externalSecretYaml('api', { target: { name: 'api-token' }, data: [entry('app/token', 'TOKEN')] }),
  })
}

function exec(cwd: string, ...args: readonly string[]): ReturnType<typeof run> {
  return run(['exec', ...kms.flags, ...args], { cwd, env: { PATH: env.PATH }, mayShow: true })
}

it('gives the keys of all Secrets to the program, and nothing else of its own', async () => {
  const { code, out, err } = await exec(await manifests(), '-f', 'in', '--names', 'upper', '--', ...PRINT)
  expect([code, err]).toEqual([0, ''])
  expect(JSON.parse(out)).toEqual({ DB_PASSWORD: `${CANARY}-one`, TOKEN: `${CANARY}-token\nsecond line` })
})

it('reads only the chosen Secret, by its name or with its namespace', async () => {
  const cwd = await manifests()
  await kms.control('DELETE', '/calls')
  for (const name of ['api-token', 'default/api-token']) {
    const { out } = await exec(cwd, '-f', 'in', '--secret', name, '--', ...PRINT)
    expect(Object.keys(JSON.parse(out))).toEqual(['TOKEN'])
  }
  const { calls } = (await kms.control('GET', 'calls?groupBy=secret')) as { calls: { secret: string }[] }
  expect(calls.map(({ secret }) => secret)).toEqual(['app/token'])
  expect(await exec(cwd, '-f', 'in', '--secret', 'api', '--', ...PRINT)).toMatchObject({
    code: 2,
    out: '',
    err: 'acksm: --secret api: the manifests write default/api-token, default/web\n',
  })
})

it('reads secrets without a manifest: whole, a key, and a JMESPath', async () => {
  const gets = ['DB=app/db', 'PW=app/db#password', 'PORT=app/db#to_string(port)']
  const { code, out } = await run(['exec', ...kms.flags, ...gets.flatMap((get) => ['--get', get]), '--', ...PRINT], {
    env,
    mayShow: true,
  })
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    DB: `{"user":"tom","password":"${CANARY}-one","port":5432}`,
    PW: `${CANARY}-one`,
    PORT: '5432',
  })
})

it.each([
  [['--get', 'A=app/none'], 1, /^acksm: --get A: KMS secret "app\/none" .*no such secret/],
  [['--get', 'A=other/denied'], 1, /^acksm: --get A: .*NoPermission|Forbidden/],
  [['--get', 'A=app/db#nothing'], 1, /^acksm: --get A: .*nothing/],
  [['--get', 'OK=app/db', '--get', 'A=app/db#a['], 2, /^acksm: --get A: /],
  [['--get', 'OK=app/db', '--get', 'A=app/none'], 1, /^acksm: --get A: /],
  [
    ['--get', 'A=app/keystore'],
    2,
    /^acksm: --get A: the value contains a NUL byte, which a variable cannot contain; use --files\n/,
  ],
  [
    ['--get', 'NODE_OPTIONS=app/db'],
    2,
    /^acksm: --get NODE_OPTIONS: would set NODE_OPTIONS, .*--allow-env NODE_OPTIONS\n/,
  ],
])('does not start the program with %j', async (gets, exitCode, message) => {
  const cwd = await folderWith({})
  const { code, out, err } = await run(['exec', ...kms.flags, ...gets, '--', 'touch', 'started'], { cwd, env })
  expect([code, out]).toEqual([exitCode, ''])
  expect(err).toMatch(message)
  await expect(access(path.join(cwd, 'started'))).rejects.toThrow('ENOENT')
})

it('names the secrets of a KMS that hangs', async () => {
  await kms.control('POST', '/faults', { fault: 'hang' })
  const argv = ['exec', ...kms.flags, '--timeout', '5s', '--get', 'A=app/db', '--all', 'app/token', '--', 'true']
  const { code, err } = await run(argv, { env })
  const why = `not finished within 5 s; it reads app/db at ${kms.endpoint}, app/token at ${kms.endpoint}; increase --timeout`
  expect([code, err]).toEqual([1, `acksm: ${why}\nacksm: the program was not started\n`])
})

it('does not start the program while KMS is away or a resource is suspended', async () => {
  const cwd = await folderWith({
    'in/store.yaml': storeYaml(),
    'in/web.yaml': externalSecretYaml('web', { suspend: true, data: [entry('app/token', 'TOKEN')] }),
  })
  expect(await exec(cwd, '-f', 'in', '--', 'touch', 'started')).toMatchObject({ code: 1, out: '' })
  await kms.control('POST', '/faults', { fault: 'http503' })
  await kms.control('DELETE', '/calls')
  const clock = manualTime()
  const argv = ['exec', ...kms.flags, '--timeout', '1s', '--get', 'A=app/db', '--', 'touch', 'started']
  const ran = run(argv, { cwd, env })
  await vi.waitFor(async () => expect(await kms.control('GET', '/calls')).toMatchObject({ total: 1 }), 60_000)
  await clock.advance(1_000)
  const { code, err } = await ran
  expect(code).toBe(1)
  expect(err).toMatch(/^acksm: [^\n]*(?:503|not finished within 1 s)[^\n]*\nacksm: the program was not started\n$/)
  await expect(access(path.join(cwd, 'started'))).rejects.toThrow('ENOENT')
})

it.each([
  [['sh', '-c', 'exit 7'], 7, ''],
  [['sh', '-c', 'kill -KILL $$'], 137, ''],
  [['sh', '-c', 'kill -TERM $$'], 143, ''],
  [['no-such-program'], 127, 'acksm: no-such-program: no such program\n'],
  [['./file'], 126, 'acksm: ./file: cannot be executed: permission denied, or a directory\n'],
  [['./file/x'], 126, 'acksm: ./file/x: cannot be executed: a part of the path is a file, not a directory\n'],
  [
    ['FOO=bar', 'true'],
    127,
    'acksm: FOO=…: no such program; to set a variable for the program write env NAME=VALUE PROGRAM\n',
  ],
  [
    ['echo $A'],
    127,
    "acksm: echo $A: no such program; write program and arguments as separate words, or use sh -c 'COMMAND'\n",
  ],
])('exits as %j does', async (command, exitCode, message) => {
  const cwd = await folderWith({ file: 'no program' })
  expect(await run(['exec', ...kms.flags, '--get', 'A=app/db', '--', ...command], { cwd, env })).toMatchObject({
    code: exitCode,
    out: '',
    err: message,
  })
})

it.each<[what: string, args: readonly string[], variables: Readonly<Record<string, string>>, why: string]>([
  [
    'an argument',
    ['short', 'x'.repeat(140_000)],
    {},
    'argument 2 has 140000 bytes, and Linux takes 131071; pass it on stdin or in a file',
  ],
  [
    'an environment',
    [],
    Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`BIG_${index}`, 'x'.repeat(120_000 + index)])),
    'the environment has 7.2 MB, more than this system takes; the largest variables are BIG_59 (120059 bytes), BIG_58 (120058 bytes), BIG_57 (120057 bytes); use --files auto for secrets, or --pristine to pass on no other variable',
  ],
])('names %s that is too large for the system', async (_what, args, variables, why) => {
  const argv = ['exec', ...kms.flags, '--get', 'A=app/db', '--', 'true', ...args]
  const { code, out, err } = await run(argv, { env: { ...env, ...variables } })
  expect([code, out, err]).toEqual([126, '', `acksm: true: cannot be executed: ${why}\n`])
})

it('passes arguments on unchanged', async () => {
  const args = ['--help', '', ' a  b ', '$A', '"\'`\\', 'ünï€\n\t', '--', '-f', '--endpoint=x', '*']
  const { out } = await run(
    [
      'exec',
      ...kms.flags,
      '--get',
      'A=app/db',
      '--',
      'node',
      '-e',
      'console.log(JSON.stringify(process.argv.slice(1)))',
      '--',
      ...args,
    ],
    { env },
  )
  expect(JSON.parse(out)).toEqual(args)
})

it('gives files instead of variables, and removes them', async () => {
  const cwd = await manifests()
  const list = 'cd "$ACKSM_FILES_DIR" && pwd && stat -Lc "%a %n" . * && env | grep -c -e TOKEN -e password; exit 3'
  const chosen = await exec(cwd, '-f', 'in', '--secret', 'web', '--files', 'run', '--', 'sh', '-c', list)
  expect(chosen).toMatchObject({ code: 3, out: `${cwd}/run/default/web\n700 .\n600 db-password\n0\n`, err: '' })
  await expect(access(path.join(cwd, 'run'))).rejects.toThrow('ENOENT')
  const all = await exec(cwd, '-f', 'in', '--files', 'run', '--', 'sh', '-c', 'cat "$ACKSM_FILES_DIR"/default/*/*')
  expect(all.out).toBe(`${CANARY}-token\nsecond line${CANARY}-one`)
})

it('gives every byte as a file in memory', async () => {
  const copy = 'cp "$ACKSM_FILES_DIR/K" copy; echo "$ACKSM_FILES_DIR"'
  const cwd = await folderWith({})
  const argv = ['exec', ...kms.flags, '--get', 'K=app/keystore', '--files', 'auto', '--', 'sh', '-c', copy]
  const { code, out, err } = await run(argv, { cwd, env })
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^\/dev\/shm\/acksm-exec-\w{6}\/default\/get\n$/)
  expect(await readFile(path.join(cwd, 'copy'))).toEqual(BINARY)
  await expect(access(path.dirname(path.dirname(out.trim())))).rejects.toThrow('ENOENT')
})

it('passes over a place that is not in memory', async () => {
  const cwd = await folderWith({})
  const argv = [
    'exec',
    ...kms.flags,
    '--get',
    'K=app/keystore',
    '--files',
    'auto',
    '--',
    'sh',
    '-c',
    'echo "$ACKSM_FILES_DIR"',
  ]
  const { out } = await run(argv, { cwd, env: { ...env, XDG_RUNTIME_DIR: '/proc' } })
  expect(out).toMatch(/^\/dev\/shm\//)
})

it('removes the files also when a secret cannot be read', async () => {
  const cwd = await folderWith({})
  expect(
    await run(['exec', ...kms.flags, '--get', 'A=app/none', '--files', 'run', '--', 'true'], { cwd, env }),
  ).toMatchObject({ code: 1 })
  await expect(access(path.join(cwd, 'run'))).rejects.toThrow('ENOENT')
})

it('reports keys that are no variables, or leaves them out', async () => {
  const cwd = await folderWith({
    'app.yaml': [
      storeYaml(),
      externalSecretYaml('web', {
        dataProcess: [{ extract: { key: 'app/db', ...ref }, replaceRule: [{ source: '^p', target: 'p-' }] }],
      }),
    ].join('---\n'),
  })
  const { code, err } = await exec(cwd, '-f', 'app.yaml', '--', 'touch', 'started')
  expect([code, err.match(/not the name of an environment variable/g)?.length]).toEqual([2, 2])
  await expect(access(path.join(cwd, 'started'))).rejects.toThrow('ENOENT')
  const skipped = await exec(cwd, '-f', 'app.yaml', '--skip-invalid-names', '--', ...PRINT)
  expect([skipped.code, JSON.parse(skipped.out)]).toEqual([0, { user: 'tom' }])
  expect(skipped.err).toBe(
    'acksm: not the names of variables, so left out: Secret default/web, key p-assword; Secret default/web, key p-ort\n',
  )
})

it('reads manifests from stdin', async () => {
  const stdin = [storeYaml(), externalSecretYaml('web', { data: [entry('app/token', 'T')] })].join('---\n')
  const { out } = await run(['exec', ...kms.flags, '-f', '-', '--', 'sh', '-c', 'printf %s "$T" | wc -c'], {
    stdin,
    env,
  })
  expect(out.trim()).toBe(String(`${CANARY}-token\nsecond line`.length))
})
