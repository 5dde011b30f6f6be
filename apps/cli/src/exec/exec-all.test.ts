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
])('gives the program %s', async (_what, flags, expected) => {
  await kms.control('PUT', 'secrets/app/odd', { data: '{"extra":1}' })
  const { code, out, err } = await exec(...flags)
  expect([code, err]).toEqual([0, ''])
  expect(JSON.parse(out)).toEqual(expected)
})

it.each<[flags: string[], odd: string, code: number, message: RegExp]>([
  [['--all', 'app/none'], '{}', 1, /^acksm: --all app\/none: KMS secret "app\/none" .*no such secret/],
  [['--all', 'app/token'], '{}', 1, /^acksm: --all app\/token: .*(?:JSON|YAML|object)/],
  [['--all', 'app/odd'], '["a"]', 1, /^acksm: --all app\/odd: .*(?:object|mapping)/],
  [
    ['--all', 'app/odd'],
    '{"a-b":"x"}',
    2,
    /^acksm: --all, key a-b: not the name of an environment variable; use --names upper \(A_B\)/,
  ],
  [
    ['--all', 'app/odd'],
    '{"PATH":"x"}',
    2,
    /^acksm: --all, key PATH: would set PATH, which decides how programs are run; allow it with --allow-env PATH$/m,
  ],
  [
    ['--all', 'app/odd', '--prefix', 'LD_'],
    '{"PRELOAD":"x"}',
    2,
    /^acksm: --all, key LD_PRELOAD: would set LD_PRELOAD/,
  ],
  [['--all', 'app/odd', '--get', 'user=app/db#user'], '{"user":"x"}', 1, /^acksm: .*user.*\n/],
  [
    ['--all', 'app/odd', '--names', 'upper'],
    '{"a":"1","A":"2"}',
    2,
    /^acksm: A: given by --all, key A, and by --all, key a; choose other names/,
  ],
  [
    ['--all', 'app/odd'],
    '{"a b":"x"}',
    1,
    /^acksm: --all: the name of member 1 cannot be a key .*; use --get NAME=SECRET#PATH for each key\n/,
  ],
])('%j of %j fails with one message', async (flags, odd, exitCode, message) => {
  await kms.control('PUT', 'secrets/app/odd', { data: odd })
  const { code, out, err } = await exec(...flags)
  expect([code, out, err]).toEqual([exitCode, '', expect.stringMatching(message)])
})

it('writes each key as a file with --files', async () => {
  const cwd = await folderWith({})
  const list = 'cd "$ACKSM_FILES_DIR" && grep -c . *'
  const flags = ['--all', 'app/db', '--prefix', 'db.', '--files', 'run']
  const { code, out } = await run(['exec', ...kms.flags, ...flags, '--', 'sh', '-c', list], { cwd, env })
  expect([code, out]).toEqual([0, 'db.password:1\ndb.port:1\ndb.user:1\n'])
})
