import { Readable } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { useManagedKms } from '../testing/managed-kms.ts'
import { type Ran, start } from '../testing/run.ts'

const KEYS = Array.from({ length: 20 }, (_none, at) => `k${at}`)
const kms = useManagedKms({
  secrets: [
    {
      name: 'acs/rds/main',
      type: 'Rds',
      versions: [{ id: 'r1', data: '{"AccountName":"a","AccountPassword":"x"}' }],
    },
    { name: 'full', tags: Object.fromEntries(KEYS.map((key) => [key, ''])), versions: [{ id: 'v1', data: 'x' }] },
    { name: 'tagged', tags: { team: 'shop', env: 'dev' }, versions: [{ id: 'v1', data: 'x' }] },
  ],
  accessKeys: [
    {
      id: 'LTAI5tCliTagger',
      secret: 'tagger-secret',
      allow: [{ actions: ['kms:DescribeSecret', 'kms:TagResource'], resources: ['*'] }],
    },
  ],
})
const TAGGER = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tCliTagger', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'tagger-secret' }
beforeEach(() => kms.forget())

const tag = (name: string, ...argv: string[]): Promise<Ran> => kms.run(['tag', name, ...argv, '--yes'])

async function tagsOf(name: string): Promise<unknown> {
  const { out } = await kms.run(['list', name, '-o', 'json'])
  return (JSON.parse(out) as { secrets: { tags: unknown }[] }).secrets[0]?.tags
}

describe('acksm tag', () => {
  it('adds, changes and removes tags, and reads neither a value nor versions', async () => {
    const name = await kms.secret('one')
    expect(await tag(name, 'team=shop', 'env=dev', 'odd==a b', 'x-=')).toMatchObject({
      code: 0,
      out: `${name}: tag team=shop added, tag env=dev added, tag "odd==a b" added, tag x-= added\n`,
      err: '',
    })
    expect(await tag(name, 'env=prod', 'new=', 'odd-', '--overwrite')).toMatchObject({
      code: 0,
      out: `${name}: tag odd removed, tag env=prod changed, tag new= added\n`,
    })
    expect(await kms.calls()).toEqual(['DescribeSecret OK 4', 'TagResource OK 2', 'UntagResource OK 1'])
    expect(await tagsOf(name)).toEqual({ team: 'shop', env: 'prod', new: '', 'x-': '' })
  })

  it('refuses to change the value of a tag without --overwrite, and changes nothing', async () => {
    expect(await tag('tagged', 'env=prod', 'team=shop', 'new=1')).toMatchObject({
      code: 1,
      out: '',
      err: 'acksm: KMS secret "tagged": it has another value for tags: env=dev; add --overwrite to change them\n',
    })
    expect(await kms.writes()).toEqual([])
    expect(await tag('tagged', 'team=shop')).toMatchObject({
      code: 0,
      out: 'tagged: nothing to do: its tags are so already\n',
    })
  })

  it('tags a managed secret', async () => {
    expect(await tag('acs/rds/main', 'team=shop')).toMatchObject({
      code: 0,
      out: 'acs/rds/main: tag team=shop added\n',
    })
    expect(await tagsOf('acs/rds/main')).toEqual({ team: 'shop' })
  })

  it('changes the description', async () => {
    const name = await kms.secret('one')
    expect(await tag(name, '--description', 'Database of the shop')).toMatchObject({
      code: 0,
      out: `${name}: description changed\n`,
    })
    expect(await kms.writes()).toEqual(['UpdateSecret OK 1'])
    expect(await tag(name, '--description', 'Database of the shop')).toMatchObject({
      out: `${name}: nothing to do: its description is so already\n`,
    })
    const { out } = await kms.run(['tag', name, '--description', 'x'.repeat(9_000), '--dry-run', '-o', 'json'])
    expect(JSON.parse(out)).toMatchObject({ changed: false, steps: [{ action: 'UpdateSecret' }] })
  })

  it('says what it would do in a dry run, and changes nothing', async () => {
    const argv = ['tagged', 'env=prod', 'a=1', 'team-', 'none-', '--overwrite', '--description', 'new', '--dry-run']
    expect(await kms.run(['tag', ...argv])).toMatchObject({
      code: 0,
      out: 'tagged: tag team=shop is removed, tag env=dev becomes env=prod, tag a=1 is added, the description becomes "new" (dry run)\nnote: it has no tag none\n',
    })
    expect(await kms.writes()).toEqual([])
  })

  it('asks, and changes nothing after no', async () => {
    const openTerminal = (): Readable => Readable.from([Buffer.from('n\n')])
    const { code, err } = await kms.run(['tag', 'tagged', 'a=1'], { openTerminal })
    expect([code, err]).toEqual([
      1,
      `At ${kms.endpoint}:\n  tagged: tag a=1 is added\nContinue? [y/N] acksm: not confirmed: nothing is changed\n`,
    ])
    expect(await kms.writes()).toEqual([])
  })

  it('refuses if another program sets the tag while the user is asked', async () => {
    const name = await kms.secret('one')
    const terminal = new Readable({ read: () => undefined })
    const running = start(['tag', name, 'a=1', '--endpoint', kms.endpoint], {
      env: kms.env,
      openTerminal: () => terminal,
    })
    await running.err.until(/\[y\/N\] $/)
    await tag(name, 'a=theirs')
    terminal.push('y\n')
    expect(await running.done).toMatchObject({
      code: 1,
      err: expect.stringMatching(/has another value for tags: a=theirs/),
    })
    expect(await tagsOf(name)).toEqual({ a: 'theirs' })
  })

  it('needs no permission but to describe and to tag, and names the missing one', async () => {
    const name = await kms.secret('one')
    const as = (...argv: string[]): Promise<Ran> => kms.run(['tag', name, ...argv, '--yes'], { env: TAGGER })
    expect(await as('a=1')).toMatchObject({ code: 0 })
    expect(await as('a-')).toMatchObject({ code: 1, err: expect.stringMatching(/may not call kms:UntagResource/) })
  })

  it('is made once after a lost response', async () => {
    const name = await kms.secret('one')
    await kms.control('POST', '/faults', { match: { action: 'TagResource' }, fault: 'lost', count: 1 })
    expect(await tag(name, 'a=1')).toMatchObject({ code: 0, out: `${name}: tag a=1 added\n` })
    expect(await tagsOf(name)).toEqual({ a: '1' })
  })
})

/** Arguments, and the line on stderr. Nothing is written. */
it.each<[argv: string[], code: number, message: string | RegExp]>([
  [[], 2, /NAME/],
  [['tagged'], 2, 'nothing to change: expected KEY=VALUE, KEY- or --description TEXT; see acksm tag --help'],
  [['tagged', 'word'], 2, 'tag word: expected KEY=VALUE or KEY-; see acksm tag --help'],
  [['tagged', ''], 2, 'tag "": expected KEY=VALUE or KEY-; see acksm tag --help'],
  [['tagged', '=v'], 2, 'tag =v: expected KEY=VALUE or KEY-; see acksm tag --help'],
  [['tagged', '--', '-'], 2, 'tag -: expected KEY=VALUE or KEY-; see acksm tag --help'],
  [['tagged', 'a=1', 'a=2'], 2, 'tag a: given twice; see acksm tag --help'],
  [['tagged', 'a=1', 'a-'], 2, 'tag a: given twice; see acksm tag --help'],
  [['tagged', '--description', ''], 2, /^acksm: --description .*expected some text; see acksm tag --help\n$/],
  [['tagged', 'aliyun=1'], 2, /keys do not begin with aliyun or acs:\n$/],
  [['tagged', 'acs:a-'], 2, /keys do not begin with aliyun or acs:\n$/],
  [['tagged', `a=${'x'.repeat(257)}`], 2, /keys and values have at most 256 characters/],
  [['tagged', `${'x'.repeat(257)}=a`], 2, /keys and values have at most 256 characters/],
  [['tagged', ...KEYS.map((key) => `${key}=`)], 2, 'KMS secret "tagged": it would have 22 tags, KMS takes 20'],
  [['full', 'k20=', 'a=b', 'k0-'], 2, 'KMS secret "full": it would have 21 tags, KMS takes 20'],
  [['none', 'a=1'], 1, 'KMS secret "none": there is no such secret: check its name and region'],
  [['a b', 'a=1'], 2, 'name: expected 1 to 192 letters, digits and _/+=.-@, and no ARN'],
])('acksm tag %j: one clear line, exit code %i, nothing is written', async (argv, exitCode, message) => {
  const { code, out, err } = await kms.run(['tag', ...argv.toSpliced(1, 0, '--yes')])
  if (typeof message === 'string') expect(err).toBe(`acksm: ${message}\n`)
  else expect(err).toMatch(message)
  expect([code, out]).toEqual([exitCode, ''])
  expect(await kms.writes()).toEqual([])
})

it('needs --yes without a terminal', async () => {
  expect(await kms.run(['tag', 'tagged', 'a=1'])).toMatchObject({
    code: 2,
    err: 'acksm: there is no terminal to ask on: add --yes, or --dry-run; see acksm tag --help\n',
  })
  expect(await kms.calls()).toEqual([])
})
