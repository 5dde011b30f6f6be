import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { manualTime, passTime } from '../testing/manual-time.ts'
import { ADMIN, useManagedKms } from '../testing/managed-kms.ts'
import { CANARY, type Ran, type RunOptions, start } from '../testing/run.ts'

/** Faults without a response: the limit of time ends the command. */
const NO_RESPONSE = new Set(['hang', 'lost'])

const VALUE = `${CANARY}-put`
const kms = useManagedKms({
  secrets: [
    {
      name: 'acs/rds/main',
      type: 'Rds',
      versions: [{ id: 'r1', data: '{"AccountName":"a","AccountPassword":"x"}' }],
      rotation: { automatic: true, interval: '168h' },
    },
    { name: 'own/rds', type: 'Rds', versions: [{ id: 'r1', data: '{"AccountName":"a","AccountPassword":"x"}' }] },
  ],
})
beforeEach(() => kms.forget())

/** Runs with `--yes`. */
const yes = (argv: string[], options: RunOptions = {}): Promise<Ran> => kms.run([...argv, '--yes'], options)
/** Runs on a terminal that gives these lines. */
const asked = (argv: string[], lines: string[], options: RunOptions = {}): Promise<Ran> =>
  kms.run(argv, { ...options, openTerminal: () => Readable.from(lines.map((line) => Buffer.from(line))) })

describe('acksm put', () => {
  it('stores a value from stdin as a new version', async () => {
    const name = await kms.secret('one', 'two')
    const { code, out, err } = await yes(['put', name, '--version-id', 'v3'], { stdin: VALUE })
    expect([code, out, err]).toEqual([0, `${name}: version v3 is ACSCurrent, v2 is ACSPrevious\n`, ''])
    expect([await kms.valueOf(name), await kms.stagesOf(name)]).toEqual([VALUE, 'v3=ACSCurrent v2=ACSPrevious v1='])
  })

  it.each<[rule: string, input: Buffer, flags: string[], stored: Buffer, dataType: string]>([
    ['text byte for byte', Buffer.from('a\r\n中 \n'), [], Buffer.from('a\r\n中 \n'), 'text'],
    ['without a line break at the end', Buffer.from('a\n\r\n'), ['--trim-newline'], Buffer.from('a\n'), 'text'],
    ['other bytes as binary', Buffer.from([0, 255, 10]), [], Buffer.from([0, 255, 10]), 'binary'],
    ['text as binary', Buffer.from('text'), ['--binary'], Buffer.from('text'), 'binary'],
  ])('stores %s, from a file', async (_rule, input, flags, stored, dataType) => {
    const name = await kms.secret('one')
    const cwd = await folderWith({ value: input })
    expect(await yes(['put', name, '--from-file', 'value', ...flags], { cwd })).toMatchObject({ code: 0 })
    const read = await kms.run(['get', name], { mayShow: true })
    expect(read.outBytes).toEqual(stored)
    expect((await kms.run(['get', name, '--field', 'dataType'])).out).toBe(`${dataType}\n`)
  })

  it('creates a secret with description and tags', async () => {
    const argv = [
      'put',
      'made/new',
      '--description',
      'made here',
      '--tag',
      'team=a',
      '--tag',
      'odd==',
      '--version-id',
      'v1',
    ]
    const { code, out } = await yes(argv, { stdin: VALUE })
    expect([code, out]).toEqual([0, 'made/new: created, version v1 is ACSCurrent\n'])
    const { out: list } = await kms.run(['list', 'made/new', '-o', 'json'])
    expect(JSON.parse(list)).toMatchObject({ secrets: [{ tags: { team: 'a', odd: '=' } }] })
    expect(await kms.valueOf('made/new')).toBe(VALUE)
  })

  it('does not create a mistyped name without a question, and does with --create', async () => {
    const { code, err } = await yes(['put', 'made/typo'], { stdin: VALUE })
    expect([code, err]).toEqual([
      1,
      'acksm: KMS secret "made/typo": there is no such secret: check its name and region, or add --create\n',
    ])
    expect(await kms.writes()).toEqual([])
    expect(await yes(['put', 'made/typo', '--create'], { stdin: VALUE })).toMatchObject({ code: 0 })
  })

  it('refuses properties of a new secret for one that exists', async () => {
    const name = await kms.secret('one')
    const { code, err } = await yes(['put', name, '--tag', 'a=b'], { stdin: VALUE })
    expect([code, err]).toEqual([2, `acksm: ${name} exists: --tag is for a secret that is created\n`])
    expect(await kms.writes()).toEqual([])
    expect(await yes(['put', name], { stdin: VALUE, env: { ACKSM_DESCRIPTION: 'a' } })).toMatchObject({ code: 0 })
  })

  it('says what it would do in a dry run, and changes nothing', async () => {
    const name = await kms.secret('one')
    const { code, out } = await kms.run(['put', name, '--dry-run', '--version-id', 'v2'], { stdin: `${VALUE}\n` })
    expect([code, out]).toEqual([
      0,
      `${name}: version v2 becomes ACSCurrent, v1 becomes ACSPrevious (dry run)\nnote: the value is text, ${VALUE.length + 1} bytes\nnote: the value ends with a line break; --trim-newline removes it\n`,
    ])
    expect((await kms.run(['put', 'made/none', '--dry-run', '--tag', 'a=b'], { stdin: VALUE })).out).toMatch(
      /^made\/none: does not exist: it is created with version \S+ as ACSCurrent \(tag a=b\) \(dry run\)\n/,
    )
    expect(await kms.writes()).toEqual([])
    expect(await kms.valueReads()).toEqual([])
  })

  it('is one JSON document', async () => {
    const name = await kms.secret('one')
    const { out } = await yes(['put', name, '--version-id', 'v2', '-o', 'json'], { stdin: VALUE })
    expect(JSON.parse(out)).toEqual({
      name,
      changed: true,
      dryRun: false,
      message: `${name}: version v2 is ACSCurrent, v1 is ACSPrevious`,
      steps: [{ action: 'PutSecretValue', versionId: 'v2' }],
      notes: [],
    })
  })

  it('may be repeated with its version id', async () => {
    const name = await kms.secret('one')
    const again = (value: string): Promise<Ran> => yes(['put', name, '--version-id', 'v2'], { stdin: value })
    await again(VALUE)
    expect(await again(VALUE)).toMatchObject({ code: 0, out: `${name}: version v2 is ACSCurrent\n` })
    expect(await again(`${VALUE}-other`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/choose another version id/),
    })
    expect(await kms.valueOf(name)).toBe(VALUE)
  })

  it('says which version KMS drops, and that a line break is stored, also with --yes', async () => {
    const name = await kms.secret(...Array.from({ length: 10 }, (_none, at) => `value ${at}`))
    expect((await kms.run(['put', name, '--dry-run'], { stdin: VALUE })).out).toMatch(
      /\nnote: KMS drops the oldest version v1\n$/,
    )
    expect(await yes(['put', name], { stdin: `${VALUE}\n` })).toMatchObject({
      code: 0,
      err: `acksm: ${name}: note: the value ends with a line break; --trim-newline removes it\nacksm: ${name}: note: KMS drops the oldest version v1\n`,
    })
  })
})

describe('acksm rotate, promote, rollback', () => {
  it('rotate a managed secret, once for a version id', async () => {
    const before = await kms.valueOf('acs/rds/main')
    expect(await yes(['rotate', 'acs/rds/main', '--version-id', 'r2'])).toMatchObject({
      code: 0,
      out: 'acs/rds/main: KMS rotates it, as version r2\n',
    })
    expect(await kms.valueOf('acs/rds/main')).not.toBe(before)
    expect(await yes(['rotate', 'acs/rds/main', '--version-id', 'r2'])).toMatchObject({
      code: 0,
      out: 'acs/rds/main: nothing to do: version r2 exists: it has been rotated\n',
    })
  })

  it('takes the version as its second word', async () => {
    const name = await kms.secret('one', 'two')
    expect((await yes(['promote', name, 'v1'])).out).toBe(`${name}: version v1 is ACSCurrent, v2 is ACSPrevious\n`)
    expect(await kms.valueOf(name)).toBe('one')
  })

  it('move ACSCurrent, and go back', async () => {
    const name = await kms.secret('one', 'two', 'three')
    expect((await yes(['promote', name, '--version-id', 'v1'])).out).toBe(
      `${name}: version v1 is ACSCurrent, v3 is ACSPrevious\n`,
    )
    expect((await yes(['rollback', name])).out).toBe(`${name}: version v3 is ACSCurrent, v1 is ACSPrevious\n`)
    expect((await yes(['promote', name, 'v3', '--version-id', 'v3'])).out).toBe(
      `${name}: nothing to do: version v3 is current\n`,
    )
    expect([await kms.valueOf(name), await kms.stagesOf(name)]).toEqual(['three', 'v3=ACSCurrent v2= v1=ACSPrevious'])
  })
})

describe('acksm delete, restore', () => {
  it('schedule the deletion, and take it back', async () => {
    const name = await kms.secret('one')
    const { code, out } = await yes(['delete', name, '--recovery-days', '7'])
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/: deletion scheduled for \d{4}-\d\d-\d\d; acksm restore takes it back until then\n$/),
    ])
    expect((await yes(['delete', name])).out).toMatch(/: nothing to do: it is deleted at \S+ already\n$/)
    expect(await yes(['put', name], { stdin: VALUE })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/scheduled for deletion at \S+: restore it first with acksm restore made\/\d+\n$/),
    })
    for (const argv of [
      ['get', name],
      ['edit', name, '--yes', '--editor', 'true'],
    ]) {
      expect(await kms.run(argv)).toMatchObject({
        code: 1,
        err: expect.stringMatching(
          new RegExp(`scheduled for deletion.*: restore it first with acksm restore ${name}\\b`),
        ),
      })
    }
    expect((await kms.run(['restore', name, '--dry-run'])).out).toMatch(
      /: its deletion on \S+ is cancelled \(dry run\)\n$/,
    )
    expect((await yes(['restore', name])).out).toBe(`${name}: restored\n`)
    expect(await kms.valueOf(name)).toBe('one')
  })

  it('delete at once', async () => {
    const name = await kms.secret('one')
    expect((await yes(['delete', name, '--force'])).out).toBe(`${name}: deleted\n`)
    expect((await kms.run(['list', name, '-o', 'name'])).out).toBe('')
  })
})

describe('the question', () => {
  it('names what changes, and where', async () => {
    const name = await kms.secret('one', 'two')
    const { code, out, err } = await asked(['rollback', name], ['y\n'])
    expect([code, out]).toEqual([0, `${name}: version v1 is ACSCurrent, v2 is ACSPrevious\n`])
    expect(err).toBe(
      `At ${kms.endpoint}:\n  ${name}: version v1 becomes ACSCurrent, v2 becomes ACSPrevious\nContinue? [y/N] `,
    )
  })

  it.each<[rule: string, lines: string[]]>([
    ['no', ['n\n']],
    ['an empty line', ['\n']],
    ['another word', ['yep\n']],
    ['the end of the input', []],
  ])('takes %s for no: exit code 1, nothing is written', async (_rule, lines) => {
    const name = await kms.secret('one')
    const { code, out, err } = await asked(['put', name], lines, { stdin: VALUE })
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/(?:\n|\[y\/N\] )acksm: not confirmed: nothing is changed\n$/)
    expect(await kms.writes()).toEqual([])
  })

  it('asks for the name before a secret is deleted at once', async () => {
    const name = await kms.secret('one')
    const { code, err } = await asked(['delete', name, '--force'], ['y\n'])
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(
        /is deleted now, and cannot be restored\nContinue\? Type \S+ to confirm: acksm: not confirmed/,
      ),
    ])
    expect(await kms.writes()).toEqual([])
    expect(await asked(['delete', name, '--force'], [`${name}\n`])).toMatchObject({ code: 0 })
  })

  it('creates a secret that does not exist, because it says so', async () => {
    const { code, err } = await asked(['put', 'made/asked'], ['yes\n'], { stdin: VALUE })
    expect([code, err]).toEqual([0, expect.stringMatching(/made\/asked: does not exist: it is created/)])
  })

  it('ends with 130 when it is interrupted', async () => {
    const name = await kms.secret('one')
    const openTerminal = (): Readable => new Readable({ read: () => undefined })
    const asking = start(['rollback', await kms.secret('one', 'two'), '--endpoint', kms.endpoint], {
      env: kms.env,
      openTerminal,
    })
    await asking.err.until(/\[y\/N\] $/)
    asking.stop('SIGINT')
    expect(await asking.done).toMatchObject({ code: 130, out: '' })
    expect(await kms.writes()).toEqual([])
    expect(await kms.stagesOf(name)).toBe('v1=ACSCurrent')
  })
})

describe('while KMS fails', () => {
  it.each<[fault: string, count: number]>([
    ['throttle', 2],
    ['http503', 2],
    ['lost', 1],
    ['reset', 2],
  ])('a put after %s is made once, and says that it is repeated', async (fault, count) => {
    const name = await kms.secret('one')
    await kms.control('POST', '/faults', { match: { action: 'PutSecretValue' }, fault, count })
    const { code, err } = await yes(['put', name], { stdin: VALUE })
    expect([code, err]).toEqual([0, expect.stringMatching(/^acksm: KMS secret [^\n]*; retrying for up to 30 s\n$/)])
    expect((await kms.stagesOf(name)).split(' ')).toHaveLength(2)
    expect(await kms.valueOf(name)).toBe(VALUE)
  })

  it.each<[rule: string, argv: string[], action: string, fault: string, message: RegExp]>([
    [
      'a put that is throttled',
      ['put', '--version-id', 'v3'],
      'PutSecretValue',
      'throttle',
      /(?<!KMS may have made the change.*)\[request id \S+\]\n$/,
    ],
    [
      'a put without a response',
      ['put', '--version-id', 'v3'],
      'PutSecretValue',
      'lost',
      /; KMS may have made the change: repeat the command with the same value and --version-id v3, which changes nothing if it is made; if the value cannot be repeated, run acksm versions made\/\d+\n$/,
    ],
    [
      'a rollback without a response',
      ['rollback'],
      'UpdateSecretVersionStage',
      'lost',
      /; KMS may have made the change: run acksm versions \S+ before you repeat it/,
    ],
    [
      'a deletion without a response',
      ['delete'],
      'DeleteSecret',
      'hang',
      /; KMS may have made the change: repeat the command/,
    ],
    ['a denied put', ['put'], 'PutSecretValue', 'deny', /may not call kms:PutSecretValue/],
  ])('%s fails with one sentence: exit code 1', async (_rule, [command = '', ...flags], action, fault, message) => {
    const name = await kms.secret('one', 'two')
    // The pause that a throttled call is asked for is longer than the limit of time.
    await kms.control('POST', '/faults', { match: { action }, fault, ms: 60_000 })
    const clock = manualTime()
    const ran = yes([command, name, ...flags, '--timeout', '2s'], { stdin: VALUE })
    // No time passes before the change, however long a busy machine needs.
    await kms.called(action)
    const { code, out, err } = await (NO_RESPONSE.has(fault) ? passTime(clock, ran) : ran)
    expect([code, out]).toEqual([1, ''])
    expect(err.split('\n').at(-2)).toMatch(/^acksm: KMS secret "made\/\d+" at /)
    expect(err).toMatch(message)
  })

  it.each([['put', '--version-id', 'v3'], ['put', '--tag', 'a=b'], ['rollback'], ['delete'], ['tag', 'a=b']])(
    '%s has one time limit for its plan and the change: nothing is written after it',
    async (command, ...flags) => {
      const name = await kms.secret('one', 'two')
      await kms.control('POST', '/faults', { match: { action: 'DescribeSecret' }, fault: 'slow', ms: 700 })
      // `--tag` makes `put` look for the secret before its plan.
      const target = flags.includes('--tag') ? 'made/none' : name
      const { code, out, err } = await yes([command, target, ...flags, '--timeout', '1s'], { stdin: VALUE })
      expect([code, out]).toEqual([1, ''])
      expect(err).toMatch(/^acksm: .* at 127\.0\.0\.1:\d+: no response within 1 s\n$/m)
      expect(await kms.writes()).toEqual([])
    },
  )

  it('takes the time of the process_command from the same limit', async () => {
    const name = await kms.secret('one', 'two')
    const session = JSON.stringify({ mode: 'AK', access_key_id: ADMIN.id, access_key_secret: ADMIN.secret })
    const HOME = await folderWith({ 'session.json': session })
    const profiles = [
      {
        name: 'p',
        mode: 'External',
        process_command: `sh -c "cd '${HOME}'; touch started; until test -e go; do sleep 0.1; done; cat session.json"`,
      },
    ]
    await mkdir(path.join(HOME, '.aliyun'))
    await writeFile(path.join(HOME, '.aliyun/config.json'), JSON.stringify({ current: 'p', profiles }))
    await kms.control('POST', '/faults', { match: { action: 'DescribeSecret' }, fault: 'hang' })
    const env = { HOME, PATH: process.env['PATH'] ?? '' }
    const clock = manualTime()
    let hasEnded = false
    const ran = yes(['rollback', name, '--profile', 'p', '--timeout', '60s'], { env }).finally(() => (hasEnded = true))
    await expect.poll(() => existsSync(path.join(HOME, 'started'))).toBe(true)
    await clock.advance(40_000)
    await writeFile(path.join(HOME, 'go'), '')
    await kms.called('DescribeSecret')
    await clock.advance(19_999)
    expect(hasEnded).toBe(false)
    await clock.advance(1)
    const { code, err } = await ran
    expect([code, err]).toEqual([1, expect.stringMatching(/ at 127\.0\.0\.1:\d+: no response within 60 s\n$/)])
    expect(await kms.writes()).toEqual([])
  })

  it('says that the outcome is unknown if it is interrupted', async () => {
    const name = await kms.secret('one', 'two')
    await kms.control('POST', '/faults', { match: { action: 'UpdateSecretVersionStage' }, fault: 'hang' })
    const running = start(['rollback', name, '--yes', '--endpoint', kms.endpoint], { env: kms.env })
    await kms.called('UpdateSecretVersionStage')
    running.stop('SIGINT')
    expect(await running.done).toMatchObject({
      code: 130,
      err: `acksm: interrupted; KMS may have made the change: run acksm versions ${name} before you repeat it, because a second rollback goes back\n`,
    })
  })

  it('refuses if another writer comes first while the user is asked', async () => {
    const name = await kms.secret('one')
    const terminal = new Readable({ read: () => undefined })
    const argv = ['put', name, '--endpoint', kms.endpoint]
    const running = start(argv, { env: kms.env, stdin: VALUE, openTerminal: () => terminal })
    await running.err.until(/\[y\/N\] $/)
    await kms.control('PUT', `/secrets/${name}`, { data: 'theirs', versionId: 'theirs' })
    terminal.push('y\n')
    const { code, err } = await running.done
    expect([code, err.split('\n').at(-2)]).toEqual([
      1,
      expect.stringMatching(
        /^.*acksm: KMS secret "\S+" at \S+: another program has changed it since it was read, so nothing is written: try again$/,
      ),
    ])
    expect(await kms.valueOf(name)).toBe('theirs')
  })
})

/** Arguments, and the line on stderr. Nothing is written. */
it.each<[argv: string[], code: number, message: string | RegExp]>([
  [['put', 'a'], 2, 'there is no terminal to ask on: add --yes, or --dry-run; see acksm put --help'],
  [['rollback', 'a'], 2, 'there is no terminal to ask on: add --yes, or --dry-run; see acksm rollback --help'],
  [['put', 'a', '--yes'], 2, 'there is no value: use --from-file FILE, or a pipe to stdin; see acksm put --help'],
  [
    ['put', 'a', 'a value', '--yes'],
    2,
    /^acksm: too many arguments for 'put'\. Expected 1 argument but got 2: the value comes from stdin or --from-file; see acksm put --help\n$/,
  ],
  [['put', 'a', '--value', 'a value'], 2, /^acksm: unknown option '--value'.*\n$/],
  [['put', 'a', '--yes', '--from-file', 'none'], 2, '--from-file none: no such file or directory'],
  [['put', 'a', '--yes', '--from-file', '.'], 2, '--from-file .: is a directory'],
  [['put', 'a', '--yes', '--from-file', 'empty'], 2, '--from-file empty: the value is empty, which KMS does not store'],
  [['put', 'a', '--yes', '--from-file', 'big'], 2, '--from-file big: more than 30720 bytes, which KMS does not store'],
  [['put', 'a', '--yes', '--from-file', 'big-binary'], 1, /the value has 30724 bytes in base64, KMS takes 30720\n$/],
  [
    ['put', 'a', '--yes', '--from-file', 'line', '--trim-newline'],
    2,
    '--trim-newline: the value is empty, which KMS does not store',
  ],
  [['put', 'a', '--yes', '--from-file', 'value', '--tag', 'x'], 2, '--tag x: expected KEY=VALUE; see acksm put --help'],
  [
    ['put', 'a b', '--yes', '--from-file', 'value'],
    2,
    'name: expected 1 to 192 letters, digits and _/+=.-@, and no ARN',
  ],
  [['put', 'a', '--yes', '--from-file', 'value', '--version-id', 'a b'], 2, /^acksm: version id: expected 1 to 64/],
  [
    ['put', 'acs/rds/main', '--yes', '--from-file', 'value'],
    2,
    /belong to managed secrets of Alibaba Cloud; rotate it instead\n$/,
  ],
  [
    ['put', 'own/rds', '--yes', '--from-file', 'value'],
    2,
    'KMS secret "own/rds": it is of the managed type Rds: only KMS and its service write it; rotate it instead',
  ],
  [['delete', 'own/rds', '--yes'], 2, /managed type Rds: .*; manage it in the console of KMS\n$/],
  [['rollback', 'own/rds', '--yes'], 2, /managed type Rds: .*; rotate it instead\n$/],
  [
    ['rotate', 'generic', '--yes'],
    2,
    'KMS secret "generic": KMS rotates managed types only, and it is Generic: put a new value instead',
  ],
  [
    ['rollback', 'generic', '--yes'],
    1,
    'KMS secret "generic": it has no previous version: promote a version by its id',
  ],
  [['promote', 'generic', 'v9', '--yes'], 1, 'KMS secret "generic": it has no version v9 (its versions: v1)'],
  [
    ['promote', 'generic', '--yes'],
    2,
    'VERSION_ID is missing: acksm promote generic VERSION_ID; for its versions run acksm versions generic; see acksm promote --help',
  ],
  [
    ['promote', 'generic', 'v1', '--yes', '--version-id', 'v2'],
    2,
    'VERSION_ID and --version-id are different; use one of them; see acksm promote --help',
  ],
  [['promote', 'generic', 'v1', 'v2', '--yes'], 2, /^acksm: too many arguments for 'promote'/],
  [
    ['rollback', 'generic', 'v1', '--yes'],
    2,
    /but got 2: it goes back to ACSPrevious; for another version use acksm promote NAME VERSION_ID; see acksm rollback --help\n$/,
  ],
  [
    ['get', 'generic', 'v1'],
    2,
    /but got 2: for a version that is not current use --version-id; see acksm get --help\n$/,
  ],
  [['restore', 'none', '--yes'], 1, 'KMS secret "none": there is no such secret: check its name and region'],
  [
    ['delete', 'generic', '--yes', '--recovery-days', '6'],
    2,
    '--recovery-days 6: expected a whole number from 7 to 30; see acksm delete --help',
  ],
  [
    ['delete', 'generic', '--yes', '--force', '--recovery-days', '7'],
    2,
    '--force and --recovery-days cannot be combined; use one of them; see acksm delete --help',
  ],
])('acksm %j: one clear line, exit code %i, nothing is written', async (argv, exitCode, message) => {
  await kms.control('PUT', '/secrets/generic', { data: 'x', versionId: 'v1' })
  const cwd = await folderWith({
    value: VALUE,
    empty: '',
    line: '\n',
    big: `${VALUE}${'x'.repeat(30_720)}`,
    'big-binary': Buffer.alloc(23_041, 255),
  })
  const { code, out, err } = await kms.run(argv, { cwd })
  if (typeof message === 'string') expect(err).toBe(`acksm: ${message}\n`)
  else expect(err).toMatch(message)
  expect([code, out]).toEqual([exitCode, ''])
  expect(err.split('\n')).toHaveLength(2)
  expect(await kms.writes()).toEqual([])
})
