import { afterEach, describe, expect, it } from 'vitest'
import { BINARY, KEY_ENV, useKms } from '../testing/kms.ts'
import { CANARY, type Ran, run, type RunOptions } from '../testing/run.ts'

const kms = useKms()
afterEach(() => kms.control('DELETE', '/faults'))

const TERMINAL = { stdout: true, stderr: false }
const TOKEN = `${CANARY}-token\nsecond line`

function get(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return run(['get', ...argv, ...kms.flags], { env: KEY_ENV, mayShow: true, ...options })
}

describe('get', () => {
  it('prints unchanged bytes', async () => {
    expect(await get(['app/token'])).toMatchObject({ code: 0, out: TOKEN, err: '' })
    expect((await get(['app/keystore'])).outBytes).toEqual(BINARY)
  })

  it('adds a line break on a terminal, except with --raw', async () => {
    expect((await get(['app/token'], { isTTY: TERMINAL })).out).toBe(`${TOKEN}\n`)
    expect((await get(['app/token', '--raw'], { isTTY: TERMINAL })).out).toBe(TOKEN)
  })

  it('shows control sequences as escapes on a terminal', async () => {
    const data = 'one\u001b[2J\r\ntwo\u009b1m'
    await kms.control('PUT', '/secrets/app/obeyed', { data })
    const notice = 'acksm: control characters of the value are escaped; --raw prints it unchanged\n'
    expect(await get(['app/obeyed'], { isTTY: TERMINAL })).toMatchObject({
      out: 'one\\u001b[2J\r\ntwo\\u009b1m\n',
      err: notice,
    })
    const json = (await get(['app/obeyed', '-o', 'json'], { isTTY: TERMINAL })).out
    expect([json.includes('\u009b'), (JSON.parse(json) as { value: string }).value]).toEqual([false, data])
    expect(await get(['app/obeyed'])).toMatchObject({ out: data, err: '' })
    expect(await get(['app/obeyed', '--raw'], { isTTY: TERMINAL })).toMatchObject({ out: data, err: '' })
  })

  it('escapes control characters on a terminal', async () => {
    const { code, out, err } = await get(['app/keystore'], { isTTY: TERMINAL })
    expect([code, out]).toEqual([2, ''])
    expect(err).toBe(
      'acksm: app/keystore is binary (7 bytes); redirect it to a file, or print it with --raw; see acksm get --help\n',
    )
    expect((await get(['app/keystore', '--raw'], { isTTY: TERMINAL })).outBytes).toEqual(BINARY)
  })

  it.each([
    ['type', 'Generic\n'],
    ['dataType', 'text\n'],
    ['versionId', 'v1\n'],
    ['versionStages', '["ACSCurrent"]\n'],
    ['rotation', 'null\n'],
    ['name', 'app/db\n'],
  ])('prints the field %s', async (field, printed) => {
    expect(await get(['app/db', '--field', field], { mayShow: false })).toMatchObject({ code: 0, out: printed })
  })

  it('is one JSON document for a script', async () => {
    expect(JSON.parse((await get(['app/token', '-o', 'json'])).out)).toMatchObject({
      name: 'app/token',
      type: 'Generic',
      versionId: 'v1',
      value: TOKEN,
    })
    expect(JSON.parse((await get(['app/keystore', '-o', 'json'])).out)).toMatchObject({
      valueBase64: BINARY.toString('base64'),
    })
    expect((await get(['app/db', '-o', 'json', '--field', 'versionId'], { mayShow: false })).out).toBe(
      '{"versionId":"v1"}\n',
    )
  })

  it.each<[path: string, printed: string]>([
    ['user', 'tom'],
    ['password', `${CANARY}-one`],
    ['port', '5432'],
    ['[user, port]', '["tom",5432]'],
    ['{u: user}', '{"u":"tom"}'],
    ["join('@', [user, 'db'])", 'tom@db'],
  ])('prints what --json-path %s selects', async (jmesPath, printed) => {
    expect(await get(['app/db', '--json-path', jmesPath])).toMatchObject({ code: 0, out: printed, err: '' })
  })

  it('takes a key with a hyphen for --json-path, and gives a text as JSON', async () => {
    await kms.control('PUT', '/secrets/app/hyphen', { data: '{"db-password":"p","1":"one"}' })
    expect((await get(['app/hyphen', '--json-path', 'db-password'])).out).toBe('p')
    expect(JSON.parse((await get(['app/hyphen', '--json-path', '1', '-o', 'json'])).out)).toMatchObject({
      name: 'app/hyphen',
      value: 'one',
    })
  })

  it.each<[rule: string, argv: string[], code: number, message: RegExp]>([
    [
      'a path that selects nothing',
      ['app/db', '--json-path', 'host'],
      1,
      /^acksm: app\/db: path .*host.* matches nothing in the document\n$/,
    ],
    [
      'a value that is no document',
      ['app/token', '--json-path', 'a'],
      1,
      /^acksm: app\/token: the value is a single text or number, not a JSON or YAML mapping or list/,
    ],
    ['a binary value', ['app/keystore', '--json-path', 'a'], 1, /^acksm: app\/keystore: .*not UTF-8\n$/],
    [
      'a syntax error',
      ['app/db', '--json-path', 'a['],
      2,
      /^acksm: --json-path: not a JMESPath expression: .*; see acksm get --help\n$/,
    ],
    [
      'JSONPath of kubectl',
      ['app/db', '--json-path', '{.db.user}'],
      2,
      /; write it as db\.user; see acksm get --help\n$/,
    ],
    ['JSONPath with a root', ['app/db', '--json-path', '$.user'], 2, /; write it as user; see acksm get --help\n$/],
    ['a path of jq', ['app/db', '--json-path', '.user'], 2, /; write it as user; see acksm get --help\n$/],
    [
      'another field',
      ['app/db', '--json-path', 'a', '--field', 'type'],
      2,
      /^acksm: --json-path needs --field value; see acksm get --help\n$/,
    ],
    [
      'a flag of manifests',
      ['app/db', '--allow-endpoint', 'kms.example'],
      2,
      /^acksm: unknown option '--allow-endpoint'/,
    ],
  ])('refuses %s', async (_rule, argv, exitCode, message) => {
    const { code, out, err } = await get(argv, { mayShow: false })
    expect([code, out, err]).toEqual([exitCode, '', expect.stringMatching(message)])
  })

  it('selects a version', async () => {
    await kms.control('PUT', '/secrets/app/token', { data: 'newer', versionId: 'v2' })
    expect((await get(['app/token'])).out).toBe('newer')
    expect((await get(['app/token', '--version-stage', 'ACSPrevious'])).out).toBe(TOKEN)
    expect((await get(['app/token', '--version-id', 'v1'])).out).toBe(TOKEN)
  })

  it.each([
    ['app/none', /^acksm: .*app\/none.* \[request id [\w-]+\]\n$/],
    ['other/denied', /^acksm: .*other\/denied.*kms:GetSecretValue.*\n$/],
  ])('reports why there is no %s', async (name, message) => {
    const { code, out, err } = await get([name], { mayShow: false })
    expect([code, out, err]).toEqual([1, '', expect.stringMatching(message)])
  })

  it('retries transient failures until the timeout', async () => {
    await kms.control('POST', '/faults', { fault: 'http503', count: 5 })
    expect(await get(['app/token', '--raw', '--timeout', '5m'])).toMatchObject({ code: 0 })
    await kms.control('POST', '/faults', { fault: 'http503' })
    expect(await get(['app/token', '--timeout', '4s'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^acksm: (?!.*no response within).*app\/token.*\n$/),
    })
    await kms.control('DELETE', '/faults')
    await kms.control('POST', '/faults', { fault: 'hang' })
    const { code, err } = await get(['app/token', '--timeout', '1s'])
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^acksm: reading app\/token from 127\.0\.0\.1:\d+: no response within 1 s\n$/),
    ])
  })

  it('accepts the variable names of the Go operator', async () => {
    const env = {
      ACCESS_KEY_ID: KEY_ENV.ALIBABA_CLOUD_ACCESS_KEY_ID,
      SECRET_ACCESS_KEY: KEY_ENV.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    }
    expect(await get(['app/db', '--field', 'type'], { env })).toMatchObject({ code: 0 })
  })
})
