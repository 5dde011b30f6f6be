import { expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { run } from '../testing/run.ts'
import { getEntries } from './get-entries.ts'
import { watchModeOf } from './watch-mode.ts'

it.each([
  ['A=app/db', { variable: 'A', secret: 'app/db', path: undefined }],
  ['A=app/db#password', { variable: 'A', secret: 'app/db', path: '"password"' }],
  ['A=app/db#db-password', { variable: 'A', secret: 'app/db', path: '"db-password"' }],
  ['A=app/db#users[0].name', { variable: 'A', secret: 'app/db', path: 'users[0].name' }],
  ['A=app/db#"a.b"', { variable: 'A', secret: 'app/db', path: '"a.b"' }],
  ['A=app/a=b+c@d', { variable: 'A', secret: 'app/a=b+c@d', path: undefined }],
  [
    'A=acs:kms:cn-hangzhou:1234567890123456:secret/app/db#x',
    { variable: 'A', secret: 'acs:kms:cn-hangzhou:1234567890123456:secret/app/db', path: '"x"' },
  ],
])('reads --get %s', (text, entry) => {
  expect(getEntries([text])).toEqual([entry])
})

it.each([
  ['restart', { kind: 'restart' }],
  ['signal=HUP', { kind: 'signal', signal: 'SIGHUP' }],
  ['signal=SIGUSR2', { kind: 'signal', signal: 'SIGUSR2' }],
])('reads --watch %s', (text, mode) => {
  expect(watchModeOf(text)).toEqual(mode)
})

const get = ['--get', 'A=app/db']
const NOT_A_FLAG = (name: string): string =>
  `expected flags before --, not ${name}=…: for a variable with the value of a secret use --get NAME=SECRET, then -- and COMMAND; see acksm exec --help`

it.each<[readonly string[], string]>([
  [['exec'], 'exec needs -- before COMMAND'],
  [['exec', ...get], 'exec needs -- before COMMAND'],
  [['exec', ...get, 'node', 'x.js'], 'exec needs -- before COMMAND'],
  [['exec', ...get, 'node', '-v'], "unknown option '-v'; COMMAND and its arguments come after --"],
  [['exec', ...get, '--'], 'expected COMMAND after --'],
  [['exec', 'DB=app/db'], NOT_A_FLAG('DB')],
  [['exec', 'DB=app/db', 'env'], NOT_A_FLAG('DB')],
  [['exec', 'DB=app/db', '--', 'env'], NOT_A_FLAG('DB')],
  [['exec', ...get, 'B=app/b', '--', 'env'], NOT_A_FLAG('B')],
  [['exec', 'hunter2Hunter2=x', '--', 'env'], NOT_A_FLAG('…')],
  [['exec', '--', 'DB=app/db', 'env'], 'DB=… after -- is part of COMMAND; write --get NAME=SECRET before --'],
  [['exec', '--', 'node'], '-f FILE|DIR, --get NAME=SECRET or --all SECRET is required'],
  [['exec', ...get, '-f', 'x', '--', 'node'], '--get and -f cannot be combined'],
  [['exec', '--get', 'app/db', '--', 'node'], '--get …: expected NAME=SECRET, or NAME=SECRET#PATH'],
  [['exec', '--get', 'hunter2Hunter2', '--', 'node'], '--get …: expected NAME=SECRET, or NAME=SECRET#PATH'],
  [
    ['exec', '--get', 'a-b=app/db', '--', 'node'],
    '--get a-b=…: expected the name of an environment variable before the first =',
  ],
  [
    ['exec', '--get', '=app/db', '--', 'node'],
    '--get ""=…: expected the name of an environment variable before the first =',
  ],
  [['exec', '--get', 'A=', '--', 'node'], '--get A=: expected the name of a secret'],
  [['exec', '--get', 'A=#x', '--', 'node'], '--get A=: expected the name of a secret'],
  [['exec', '--get', 'A=app/db#', '--', 'node'], '--get A: expected a path after #'],
  [['exec', ...get, ...get, '--', 'node'], '--get A: given twice'],
  [
    ['exec', ...Array.from({ length: 101 }, (_, index) => ['--get', `A${index}=x`]).flat(), '--', 'node'],
    '--get: at most 100; use a manifest',
  ],
  [['exec', ...get, '--secret', 'a', '--', 'node'], '--secret needs -f'],
  [['exec', '--all', 'app/db', '-f', 'x', '--', 'node'], '--all and -f cannot be combined'],
  [['exec', '--all', 'app/db', '--all', 'app/db', '--', 'node'], '--all app/db: given twice'],
  [
    ['exec', '--all', 'app/db#user', '--', 'node'],
    '--all: expected the name of a secret, without #; use --get NAME=SECRET#PATH for a part of it',
  ],
  [
    ['exec', ...Array.from({ length: 21 }, (_, index) => ['--all', `a${index}`]).flat(), '--', 'node'],
    '--all: at most 20; use a manifest',
  ],
  [
    ['exec', '--all', 'app/db', '--prefix', '$1', '--', 'node'],
    '--prefix: expected letters, digits, _, - and . only, at most 100',
  ],
  [['exec', '--all', 'DB_=', '--', 'node'], '--all DB_=: expected the name of a secret'],
  [['exec', '--all', 'A_=app/db', '--all', 'B_=app/db', '--', 'node'], '--all app/db: given twice'],
  [
    ['exec', '--all', 'app/a=b', '--', 'node'],
    '--all …=…: expected a prefix of letters, digits, _, - and . before the first =; --all =SECRET has none',
  ],
  [['exec', ...get, '--prefix', 'A_', '--', 'node'], '--prefix needs --all'],
  [
    ['exec', ...get, '--pristine', '--keep-credentials', '--', 'node'],
    '--pristine and --keep-credentials cannot be combined',
  ],
  [['exec', ...get, '-n', 'a', '--', 'node'], '--namespace needs -f'],
  [['exec', ...get, '--names', 'lower', '--', 'node'], '--names lower: expected keep or upper'],
  [['exec', ...get, '--allow-env', 'A=B', '--', 'node'], '--allow-env: expected the name of an environment variable'],
  [
    ['exec', ...get, '--watch', 'reload', '--', 'node'],
    '--watch: expected restart or signal=HUP, signal=USR1, signal=USR2, signal=WINCH, signal=CONT',
  ],
  [['exec', ...get, '--files', 'd', '--watch', 'signal=KILL', '--', 'node'], '--watch: expected restart or signal=HUP'],
  [['exec', ...get, '--watch', 'signal=HUP', '--', 'node'], '--watch signal=… needs --files, because'],
  [['exec', ...get, '--polling-interval', '1s', '--', 'node'], '--polling-interval needs --watch'],
  [['exec', ...get, '--stop-timeout', '1s', '--', 'node'], '--stop-timeout needs --watch restart'],
  [['exec', ...get, '--files', 'd', '--names', 'keep', '--', 'node'], '--names has no effect with --files'],
  [
    ['exec', ...get, '--files', 'd', '--skip-invalid-names', '--', 'node'],
    '--skip-invalid-names has no effect with --files',
  ],
  [['exec', ...get, '--files', 'd', '--allow-env', 'A', '--', 'node'], '--allow-env has no effect with --files'],
  [
    ['exec', ...get, '--files', 'present', '--', 'node'],
    'present: exists; choose a new directory, which acksm creates and removes',
  ],
  [['exec', ...get, '--files', 'present/file/x', '--', 'node'], 'x: a part of the path is a file, not a directory'],
  [['exec', ...get, '--files', 'no/where', '--', 'node'], 'where: no such directory'],
  [['exec', '-f', 'nowhere', '--', 'node'], 'nowhere'],
])('refuses %j before it reads or starts anything', async (argv, message) => {
  const cwd = await folderWith({ 'present/file': 'kept' })
  const { code, out, err } = await run(argv, { cwd })
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain(message)
  expect(err).toMatch(/^acksm: [^\n]+\n$/)
})
