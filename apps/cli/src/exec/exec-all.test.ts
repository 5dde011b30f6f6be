import { afterEach, expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { KEY_ENV, useKms } from '../testing/kms.ts'
import { CANARY, run } from '../testing/run.ts'

const kms = useKms()
const env = { ...KEY_ENV, PATH: process.env['PATH'] ?? '' }
afterEach(() => kms.control('PUT', 'secrets/app/odd', { data: '{}' }))

const DB = { user: 'tom', password: `${CANARY}-one`, port: '5432' }
const PRINT = [process.execPath, '-e', 'console.log(JSON.stringify(process.env))']

function exec(...flags: readonly string[]): ReturnType<typeof run> {
  return run(['exec', ...kms.flags, ...flags, '--pristine', '--', ...PRINT], { env, mayShow: true })
}

it.each<[what: string, flags: string[], expected: object]>([
  ['each key of a JSON secret', ['--all', 'app/db'], DB],
  [
    'with a prefix, in upper case',
    ['--all', 'app/db', '--prefix', 'db_', '--names', 'upper'],
    { DB_USER: DB.user, DB_PASSWORD: DB.password, DB_PORT: DB.port },
  ],
  [
    'together with --get, whose names have no prefix',
    ['--all', 'app/db', '--prefix', 'DB_', '--get', 'T=app/db#user'],
    { DB_user: DB.user, DB_password: DB.password, DB_port: DB.port, T: 'tom' },
  ],
  ['of several secrets', ['--all', 'app/db', '--all', 'app/odd'], { ...DB, extra: '1' }],
  [
    'of two secrets with the same key and prefixes of their own',
    ['--all', 'A_=app/db', '--all', 'B_=app/same'],
    { A_user: DB.user, A_password: DB.password, A_port: DB.port, B_user: 'eve' },
  ],
  [
    'with --prefix before the keys of secrets without their own',
    ['--all', 'app/odd', '--all', '=app/same', '--prefix', 'P_'],
    { P_extra: '1', user: 'eve' },
  ],
  ['null as a text', ['--all', 'app/null'], { a: 'null' }],
  ['in upper case with _ for a space', ['--all', 'app/space', '--names', 'upper'], { A_B: 'x', C: 'y' }],
])('gives the program %s', async (_what, flags, expected) => {
  await kms.control('PUT', 'secrets/app/odd', { data: '{"extra":1}' })
  await kms.control('PUT', 'secrets/app/same', { data: '{"user":"eve"}' })
  await kms.control('PUT', 'secrets/app/null', { data: '{"a":null}' })
  await kms.control('PUT', 'secrets/app/space', { data: '{"a b":"x","c":"y"}' })
  const { code, out, err } = await exec(...flags)
  expect([code, err]).toEqual([0, ''])
  expect(JSON.parse(out)).toEqual(expected)
})

it.each<[flags: string[], odd: string, code: number, message: RegExp]>([
  [['--all', 'app/none'], '{}', 1, /^acksm: --all app\/none: KMS secret "app\/none" .*no such secret/],
  [['--all', 'app/token'], '{}', 1, /^acksm: --all app\/token: .*(?:JSON|YAML|object)/],
  [
    ['--all', 'app/odd'],
    '{}',
    1,
    /^acksm: --all app\/odd: the document has no key, so there is nothing to give the program\nacksm: the program was not started\n$/,
  ],
  [
    ['--all', 'app/odd', '--all', 'P_=app/empty'],
    '{}',
    1,
    /^acksm: --all app\/odd, --all app\/empty: no document has a key, so there is nothing to give the program\n/,
  ],
  [
    Array.from({ length: 40 }, (_, index) => ['--get', `A${index}=app/odd`]).flat(),
    'x'.repeat(30_000),
    1,
    /^acksm: the values of --get and --all have 1200000 bytes together; the maximum is 1048576; name fewer secrets\n/,
  ],
  [['--all', 'app/odd'], '["a"]', 1, /^acksm: --all app\/odd: .*(?:object|mapping)/],
  [
    ['--all', 'app/odd'],
    '{"a-b":"x"}',
    2,
    /^acksm: --all app\/odd, key a-b: not the name of an environment variable; use --names upper \(A_B\)/,
  ],
  [
    ['--all', 'app/odd'],
    '{"PATH":"x"}',
    2,
    /^acksm: --all app\/odd, key PATH: would set PATH, which decides how programs are run; allow it with --allow-env PATH$/m,
  ],
  [
    ['--all', 'app/odd', '--prefix', 'LD_'],
    '{"PRELOAD":"x"}',
    2,
    /^acksm: --all app\/odd, key LD_PRELOAD: would set LD_PRELOAD/,
  ],
  [
    ['--all', 'app/odd', '--get', 'user=app/db#user'],
    '{"user":"x"}',
    2,
    /^acksm: --all app\/odd: key user of app\/odd is also produced by app\/db; give the keys of one a prefix: --all PREFIX_=SECRET\n/,
  ],
  [
    ['--all', 'app/db', '--all', 'app/odd'],
    '{"user":"x"}',
    2,
    /^acksm: --all app\/odd: key user of app\/odd is also produced by app\/db; give the keys of one a prefix: --all PREFIX_=SECRET\n/,
  ],
  [
    ['--all', 'app/odd', '--names', 'upper'],
    '{"a":"1","A":"2"}',
    2,
    /^acksm: A: given by --all app\/odd, key A, and by --all app\/odd, key a; choose other names/,
  ],
  [
    ['--all', 'app/db', '--all', 'app/odd'],
    '{"c":"y","a b":"x"}',
    2,
    /^acksm: --all app\/odd: the name of member 2 cannot be a key .*; use --names upper, .* --skip-invalid-names, or --get NAME=SECRET#PATH for each key\n/,
  ],
  [
    ['--all', 'app/odd', '--names', 'upper'],
    '{"a b":"x","a_b":"y"}',
    2,
    /^acksm: A_B: given by --all app\/odd, key a\?b, and by --all app\/odd, key a_b; choose other names/,
  ],
  [
    ['--all', 'app/odd', '--names', 'upper'],
    '{"a b":"x","a$b":"y"}',
    2,
    /^acksm: --all app\/odd: members no. 1 and no. 2 are both a\?b, if \? is any special character; rename one in the secret, or use --get NAME=SECRET#PATH for each key\n/,
  ],
  [
    ['--all', 'app/db', '--all', 'P_=app/odd', '--skip-invalid-names'],
    '{"c":"1","a b":"x","a$b":"y"}',
    2,
    /^acksm: --all app\/odd: members no. 2 and no. 3 are both P_a\?b, if \? is any special character; rename one/,
  ],
])('%j of %j fails with one message', async (flags, odd, exitCode, message) => {
  await kms.control('PUT', 'secrets/app/odd', { data: odd })
  await kms.control('PUT', 'secrets/app/empty', { data: '{}' })
  const { code, out, err } = await exec(...flags)
  expect([code, out, err]).toEqual([exitCode, '', expect.stringMatching(message)])
})

it('names the command that restores a deleted secret', async () => {
  await kms.control('PUT', 'secrets/app/gone', { data: '{}' })
  await kms.control('DELETE', 'secrets/app/gone', { recoveryWindowInDays: 7 })
  const message = /scheduled for deletion: restore it first with acksm restore app\/gone\b/
  for (const flags of [
    ['--all', 'app/gone'],
    ['--get', 'A=app/gone'],
  ]) {
    expect(await exec(...flags)).toMatchObject({ code: 1, err: expect.stringMatching(message) })
  }
})

it('leaves out members that cannot be variables with --skip-invalid-names', async () => {
  await kms.control('PUT', 'secrets/app/odd', { data: '{"a b":"x","":"y","c-d":"z","e":"1"}' })
  const { code, out, err } = await exec('--all', 'app/odd', '--skip-invalid-names')
  expect([code, JSON.parse(out)]).toEqual([0, { e: '1' }])
  const left = ['?', 'a?b', 'c-d'].map((key) => `--all app/odd, key ${key}`).join('; ')
  expect(err).toBe(`acksm: not the names of variables, so left out: ${left}\n`)
})

it('writes each key as a file with --files', async () => {
  const cwd = await folderWith({})
  const list = 'cd "$ACKSM_FILES_DIR" && grep -c . *'
  const flags = ['--all', 'app/db', '--prefix', 'db.', '--files', 'run']
  const { code, out } = await run(['exec', ...kms.flags, ...flags, '--', 'sh', '-c', list], { cwd, env })
  expect([code, out]).toEqual([0, 'db.password:1\ndb.port:1\ndb.user:1\n'])
})
