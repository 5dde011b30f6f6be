import { ACKSM } from '@ack-secret-manager/testenv'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { useManagedKms } from '../testing/managed-kms.ts'
import { CANARY, Capture, type Ran, type RunOptions, start } from '../testing/run.ts'

const BEFORE = `{"user":"tom", "password":"${CANARY}-one"}`
const kms = useManagedKms({
  secrets: [
    { name: 'own/rds', type: 'Rds', versions: [{ id: 'r1', data: '{"AccountName":"a","AccountPassword":"x"}' }] },
    { name: 'own/binary', dataType: 'binary', versions: [{ id: 'v1', dataBase64: 'AP8=' }] },
  ],
})
beforeEach(() => kms.forget())

interface Edit extends Ran {
  /** What the editor has seen: its file, modes of file and directory, and the text. */
  readonly seen: readonly string[]
}

/** Edits with a shell script, whose `$1` is the file. */
async function edit(argv: readonly string[], script: string, options: RunOptions = {}): Promise<Edit> {
  const note = 'printf "%s\\n" "$1" $(stat -c "%a" "$1" "$(dirname "$1")") > seen; cat "$1" >> seen'
  const cwd = await folderWith({ 'editor.sh': `${note}\n${script}\n` })
  const env = { EDITOR: `sh ${cwd}/editor.sh`, PATH: process.env['PATH'], ...options.env }
  const ran = await kms.run(['edit', ...argv], { cwd, ...options, env })
  const seen = existsSync(path.join(cwd, 'seen')) ? (await readFile(path.join(cwd, 'seen'), 'utf8')).split('\n') : []
  const [file = ''] = seen
  // Nothing is left, however the command ends.
  if (file !== '') expect(existsSync(path.dirname(file))).toBe(false)
  return { ...ran, seen }
}
const asked = (...lines: string[]): RunOptions => {
  const terminal = Readable.from(lines.map((line) => Buffer.from(line)))
  return { openTerminal: () => terminal }
}

describe('acksm edit', () => {
  it('opens the value in a private file in memory, and stores the result as a new version', async () => {
    const name = await kms.secret(BEFORE)
    const { code, out, seen } = await edit([name, '--yes', '--version-id', 'v2'], `sed -i s/tom/ann/ "$1"`)
    expect([code, out]).toEqual([0, `${name}: version v2 is ACSCurrent, v1 is ACSPrevious\n`])
    expect(seen).toEqual([expect.stringMatching(/^\/.*\/acksm-edit-\w+\/\d+\.json$/), '600', '700', BEFORE])
    expect(await kms.valueOf(name)).toBe(BEFORE.replace('tom', 'ann'))
  })

  it('asks, and names the keys that change', async () => {
    const name = await kms.secret(BEFORE)
    const { code, err } = await edit([name], `sed -i 's/"user":"tom"/"host":"db"/' "$1"`, asked('y\n'))
    expect(code).toBe(0)
    expect(err).toMatch(
      /becomes ACSCurrent, v1 becomes ACSPrevious\n {2}note: the value is text, \d+ bytes\n {2}note: keys: added host; removed user\nContinue\? \[y\/N\] $/,
    )
  })

  it.each<[rule: string, script: string, code: number, message: RegExp]>([
    ['the same value', '', 0, /^$/],
    ['a line break at the end', 'echo >> "$1"', 0, /^$/],
    ['an empty file', ': > "$1"', 1, /^acksm: the edited text is empty: nothing is changed\n$/],
    ['a removed file', 'rm "$1"', 1, /^acksm: the editor has removed the file: nothing is changed\n$/],
    [
      'a link to another file',
      'rm "$1"; ln -s /etc/passwd "$1"',
      1,
      /^acksm: the editor has removed the file: nothing is changed\n$/,
    ],
    [
      'other bytes than UTF-8',
      `printf '\\377' > "$1"`,
      1,
      /^acksm: the edited text is not UTF-8: nothing is changed\n$/,
    ],
    [
      'broken JSON',
      `printf '{' > "$1"`,
      1,
      /^acksm: the value was JSON, and the edited text is not.*; acksm put stores any text: nothing is changed\n$/,
    ],
    [
      'too much',
      'head -c 30721 /dev/zero | tr "\\0" x | sed "s/.*/\\"&\\"/" > "$1"',
      1,
      /the value has 30723 bytes, KMS takes 30720\n$/,
    ],
    ['an editor that fails', 'exit 7', 1, /^acksm: the editor failed with exit code 7: nothing is changed\n$/],
    ['an editor that crashes', 'kill -9 $$', 1, /acksm: the editor failed with exit code 137: nothing is changed\n$/],
  ])('writes nothing for %s', async (_rule, script, exitCode, message) => {
    const name = await kms.secret(BEFORE)
    const { code, out, err } = await edit([name, '--yes'], script)
    expect([code, err]).toEqual([exitCode, expect.stringMatching(message)])
    expect(out).toBe(exitCode === 0 ? `${name}: nothing to do: the value is the same\n` : '')
    expect(await kms.writes()).toEqual([])
  })

  it('edits again after broken JSON', async () => {
    const name = await kms.secret(BEFORE)
    const script = `if grep -q tom "$1"; then printf '{' > "$1"; else printf '{"user":"ann"}' > "$1"; fi`
    const { code, err } = await edit([name], script, asked('y\n', 'y\n'))
    expect([code, err]).toEqual([0, expect.stringMatching(/edited text is not.*\nEdit again\? \[y\/N\] /)])
    expect(await kms.valueOf(name)).toBe('{"user":"ann"}')
  })

  // The script changes the text in each round, so that a lost text is seen.
  it.each<[what: string, fault: string | undefined, script: string, answers: string[], err: RegExp]>([
    [
      'an answer no',
      undefined,
      'sed -i s/tom/ann/ "$1"; sed -i "s/}/ }/" "$1"',
      ['n\n', 'y\n', 'y\n'],
      /Continue\? \[y\/N\] Edit again\? \[y\/N\] At [^]*Continue\? \[y\/N\] $/,
    ],
    [
      'a denied put',
      'deny',
      'sed -i s/tom/ann/ "$1"; sed -i "s/}/ }/" "$1"',
      ['y\n', 'y\n', 'y\n'],
      /may not call kms:PutSecretValue[^\n]*\nEdit again\? \[y\/N\] At [^]*Continue\? \[y\/N\] $/,
    ],
    [
      'a text that is too large',
      undefined,
      `sed -i s/tom/ann/ "$1"; sed -i 's/}/ }/' "$1"; if grep -q '  }' "$1"; then sed -i 's/ *$//' "$1"; else printf '%40000s' '' >> "$1"; fi`,
      ['y\n', 'y\n'],
      /KMS takes 30720\nEdit again\? \[y\/N\] At [^]*Continue\? \[y\/N\] $/,
    ],
  ])('keeps the text after %s', async (_what, fault, script, answers, message) => {
    const name = await kms.secret(BEFORE)
    const match = { action: 'PutSecretValue' }
    if (fault !== undefined) await kms.control('POST', '/faults', { fault, count: 1, match })
    const { code, err } = await edit([name], script, asked(...answers))
    expect([code, err]).toEqual([0, expect.stringMatching(message)])
    expect(await kms.valueOf(name)).toBe(BEFORE.replace('tom', 'ann').replace('}', '  }'))
  })

  it.each<[what: string, fault: string | undefined, answers: string[], message: RegExp]>([
    ['an answer no', undefined, ['n\n', 'n\n'], /Edit again\? \[y\/N\] acksm: not confirmed: nothing is changed\n$/],
    ['a denied put', 'deny', ['y\n', 'n\n'], /Edit again\? \[y\/N\] acksm: KMS secret .* may not .*\n$/],
  ])('wipes the text after %s if it is given up', async (_what, fault, answers, message) => {
    const name = await kms.secret(BEFORE)
    const match = { action: 'PutSecretValue' }
    if (fault !== undefined) await kms.control('POST', '/faults', { fault, match })
    const { code, err, seen } = await edit([name], 'sed -i s/tom/ann/ "$1"', asked(...answers))
    expect([code, err, seen.length]).toEqual([1, expect.stringMatching(message), 4])
    expect(await kms.valueOf(name)).toBe(BEFORE)
  })

  it('does not write over a version of another writer with --yes', async () => {
    const name = await kms.secret(BEFORE)
    const url = `http://${kms.controlHost}/secrets/${name}`
    const script = `"${process.execPath}" -e 'fetch("${url}",{method:"PUT",body:JSON.stringify({data:"theirs",versionId:"theirs"})})'; echo '{}' > "$1"`
    const { code, err } = await edit([name, '--yes'], script)
    expect([code, err]).toEqual([
      1,
      `acksm: KMS secret "${name}": version theirs is current instead of v1: another program has changed it\n`,
    ])
    expect(await kms.valueOf(name)).toBe('theirs')
    const other = await kms.secret(BEFORE)
    const again = await edit([other], script.replace(name, other), asked('y\n', 'y\n'))
    expect([again.code, again.err]).toEqual([
      0,
      expect.stringMatching(/Store your text nevertheless\? \[y\/N\] [^]*theirs becomes ACSPrevious/),
    ])
    expect(await kms.valueOf(other)).toBe('{}')
  })

  it('is wiped when it is interrupted', async () => {
    const name = await kms.secret(BEFORE)
    const cwd = await folderWith({ 'editor.sh': 'echo "$1"; exec sleep 60\n' })
    const env = { ...kms.env, EDITOR: `exec sh ${cwd}/editor.sh`, PATH: process.env['PATH'] }
    const editing = start(['edit', name, '--yes', '--endpoint', kms.endpoint], { env, cwd })
    const file = (await editing.out.until(/\n/)).trim()
    expect(existsSync(file)).toBe(true)
    editing.stop('SIGINT')
    expect(await editing.done).toMatchObject({ code: 130, err: '' })
    expect(existsSync(path.dirname(file))).toBe(false)
    expect(await kms.writes()).toEqual([])
  })

  it('is wiped when the disk is full', async () => {
    const name = await kms.secret(BEFORE)
    const cwd = await folderWith({})
    // A write then fails, as on a full disk.
    const limited = ['-c', `trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`, process.execPath, ACKSM.currentScript]
    const env = { ...kms.env, PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: await kms.caFile(cwd) }
    const child = spawn('sh', [...limited, 'edit', name, '--yes', '--endpoint', kms.endpoint], { env })
    const err = new Capture()
    child.stderr.on('data', (chunk: Buffer) => err.write(chunk))
    expect(await once(child, 'close')).toEqual([2, null])
    const [, file = ''] = /^acksm: (\/.*): cannot be written \(EFBIG\)\n$/.exec(err.text) ?? []
    expect([err.text, existsSync(path.dirname(file))]).toEqual([expect.stringContaining('acksm-edit-'), false])
  })
})

it.each<[argv: string[], code: number, message: string | RegExp]>([
  [['a'], 2, 'there is no terminal to ask on: add --yes, or --dry-run; see acksm edit --help'],
  [['none', '--yes'], 1, 'KMS secret "none": there is no such secret: create it, or check its name and region'],
  [['own/rds', '--yes'], 2, /^acksm: KMS secret "own\/rds": it is of the managed type Rds: .*; rotate it instead\n$/],
  [
    ['own/binary', '--yes'],
    2,
    'own/binary is binary: use acksm get own/binary > FILE, and acksm put own/binary --from-file FILE',
  ],
  [
    ['text', '--yes', '--editor', 'no-such-editor'],
    1,
    /^acksm: the editor failed with exit code 127: nothing is changed\n$/,
  ],
])('acksm edit %j: one clear line, exit code %i, nothing is written', async (argv, exitCode, message) => {
  await kms.control('PUT', '/secrets/text', { data: 'x' })
  const { code, out, err } = await edit(argv, 'echo changed > "$1"')
  const line = err.replace(/^.*not found\n/, '')
  if (typeof message === 'string') expect(line).toBe(`acksm: ${message}\n`)
  else expect(line).toMatch(message)
  expect([code, out]).toEqual([exitCode, ''])
  expect(await kms.writes()).toEqual([])
})
