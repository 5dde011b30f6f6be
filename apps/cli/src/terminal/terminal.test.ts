import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { ACKSM } from '@ack-secret-manager/testenv'
import { runOnTerminal, type TerminalProgram } from '@ack-secret-manager/test-support/terminal'
import { onTestFinished, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { useManagedKms } from '../testing/managed-kms.ts'
import { CANARY } from '../testing/run.ts'

const VALUE = `${CANARY}-typed`
const [ENTER, CTRL_C, CTRL_D] = ['\r', '\u0003', '\u0004']
const kms = useManagedKms()
const { NODE_COMPILE_CACHE } = process.env
const compiled = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }
const folder = directoryOfTests()
let env: Record<string, string>

beforeAll(async () => {
  env = { ...kms.env, NODE_EXTRA_CA_CERTS: await kms.caFile(folder), PATH: process.env['PATH'] ?? '', ...compiled }
})
beforeEach(() => kms.forget())

/** Runs a shell line on a terminal; `acksm` is the command. Shows its exit code and whether the terminal echoes again. */
function onTerminal(line: string): TerminalProgram {
  const acksm = `acksm() { '${process.execPath}' '${ACKSM.currentScript}' "$@" --endpoint ${kms.endpoint}; }`
  const after = 'echo "exit=$?"; stty -a | grep -oE -- "-?(echo|icanon|isig)\\b" | tr "\\n" " "; echo "end"'
  const program = runOnTerminal('/bin/sh', ['-c', `trap : INT; ${acksm}; ${line}; ${after}`], { cwd: folder, env })
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await program.exit
  })
  return program
}

/** Waits for the end. The terminal must be as it was. */
async function endOf(program: TerminalProgram): Promise<string> {
  const shown = (await program.until(/end\r\n$/)).replaceAll('\r\n', '\n')
  expect(shown).toMatch(/isig icanon .*\becho /)
  expect(shown).not.toMatch(/-(?:echo|icanon|isig) /)
  expect(shown).not.toContain(CANARY)
  return shown
}

const QUESTION = /Continue\? \[y\/N\] $/

describe('a question on a terminal', () => {
  it.each([
    ['yes', `y${ENTER}`, /v1 is ACSCurrent, v2 is ACSPrevious\nexit=0/, 'v2=ACSPrevious v1=ACSCurrent'],
    ['no', `n${ENTER}`, /acksm: not confirmed: nothing is changed\nexit=1/, 'v2=ACSCurrent v1=ACSPrevious'],
    [
      'the end of the input',
      CTRL_D,
      /\[y\/N\] \nacksm: not confirmed: nothing is changed\nexit=1/,
      'v2=ACSCurrent v1=ACSPrevious',
    ],
    ['Ctrl-C', CTRL_C, /\[y\/N\] \^C\nexit=130/, 'v2=ACSCurrent v1=ACSPrevious'],
  ])('%s', async (_rule, keys, shown, stages) => {
    const name = await kms.secret('one', 'two')
    const program = onTerminal(`acksm rollback ${name}`)
    await program.until(QUESTION)
    program.type(keys)
    expect(await endOf(program)).toMatch(shown)
    expect(await kms.stagesOf(name)).toBe(stages)
  })

  it('is asked on the terminal while the value comes from a pipe, and results go to a file', async () => {
    const name = await kms.secret('one')
    const program = onTerminal(`printf piped | acksm put ${name} --version-id v2 > result`)
    await program.until(QUESTION)
    program.type(`y${ENTER}`)
    expect(await endOf(program)).toMatch(/exit=0/)
    expect(await kms.valueOf(name)).toBe('piped')
  })
})

describe('an editor', () => {
  const left = async (): Promise<string[]> => {
    const opened = await readFile(path.join(folder, 'opened'), 'utf8')
    return existsSync(path.dirname(opened.trim())) ? [opened] : []
  }

  it.each([
    ['is ended by Ctrl-C', 'echo opened; sleep 60', CTRL_C, /opened\n\^C[^]*exit=130/],
    [
      'crashes, and leaves the terminal without echo',
      'stty raw -echo; echo opened; kill -9 $$',
      '',
      /acksm: the editor failed with exit code 137: nothing is changed\nexit=1/,
    ],
    ['fails', 'echo opened; exit 3', '', /acksm: the editor failed with exit code 3: nothing is changed\nexit=1/],
  ])('%s: nothing is written, nothing is left', async (_rule, script, keys, shown) => {
    const name = await kms.secret(VALUE)
    await writeFile(
      path.join(folder, 'editor.sh'),
      `printf %s "$1" > '${folder}/opened'; printf x >> "$1"; ${script}\n`,
    )
    const program = onTerminal(`acksm edit ${name} --editor 'sh ${folder}/editor.sh'`)
    await program.until(/opened\r?\n/)
    program.type(keys)
    expect(await endOf(program)).toMatch(shown)
    expect(await left()).toEqual([])
    expect(await kms.writes()).toEqual([])
  })

  it('gets the terminal, and the question follows', async () => {
    const name = await kms.secret(VALUE)
    await writeFile(
      path.join(folder, 'editor.sh'),
      `printf %s "$1" > '${folder}/opened'; echo opened; read -r line; printf %s "$line" > "$1"\n`,
    )
    const program = onTerminal(`acksm edit ${name} --version-id v2 --editor 'sh ${folder}/editor.sh'`)
    await program.until(/opened\r\n/)
    program.type(`typed${ENTER}`)
    await program.until(QUESTION)
    program.type(`y${ENTER}`)
    expect(await endOf(program)).toMatch(/exit=0/)
    expect([await kms.valueOf(name), await left()]).toEqual(['typed', []])
  })

  it('is opened again after Ctrl-C at the question, with the text; the next Ctrl-C wipes it', async () => {
    const name = await kms.secret(VALUE)
    const script = `printf %s "$1" > '${folder}/opened'; printf x >> "$1"; wc -c < "$1"\n`
    await writeFile(path.join(folder, 'editor.sh'), script)
    const program = onTerminal(`acksm edit ${name} --editor 'sh ${folder}/editor.sh'`)
    await program.until(QUESTION)
    program.type(CTRL_C)
    await program.until(/Edit again\? \[y\/N\] $/)
    program.type(`y${ENTER}`)
    await program.until(new RegExp(`${VALUE.length + 2}\\r?\\n[^]*Continue\\? \\[y/N\\] $`))
    program.type(CTRL_C)
    await program.until(/Edit again\? \[y\/N\] [^]*Edit again\? \[y\/N\] $/)
    program.type(CTRL_C)
    expect(await endOf(program)).toMatch(/exit=130/)
    expect([await left(), await kms.writes()]).toEqual([[], []])
  })
})

describe('a hidden value', () => {
  it('is stored as it was typed', async () => {
    const name = await kms.secret('one')
    const program = onTerminal(`acksm put ${name} --version-id v2`)
    await program.until(/\(hidden\): $/)
    program.type(`x\u0015${VALUE}-\u007f${ENTER}`)
    await program.until(QUESTION)
    program.type(`y${ENTER}`)
    expect(await endOf(program)).toMatch(/note: the value is text, \d+ bytes\n[^]*exit=0/)
    expect(await kms.valueOf(name)).toBe(VALUE)
  })

  it.each([
    ['Ctrl-C', `${VALUE}${CTRL_C}`, /\(hidden\): \nexit=130/],
    ['the end of the input', CTRL_D, /acksm: no value was typed: nothing is changed\nexit=2/],
    [
      'several lines, none of which reaches the shell',
      `${VALUE}\recho pwned\recho pwned\r`,
      /acksm: the typed value has several lines: use --from-file FILE, or a pipe; see acksm put --help\nexit=2/,
    ],
  ])('ends with %s', async (_rule, keys, shown) => {
    const name = await kms.secret('one')
    const program = onTerminal(`acksm put ${name}`)
    await program.until(/\(hidden\): $/)
    program.type(keys)
    const all = await endOf(program)
    expect(all).toMatch(shown)
    expect(all).not.toContain('pwned')
    expect(await kms.writes()).toEqual([])
  })
})

it('questions of init are answered on the terminal while the manifests go to a file', async () => {
  const name = await kms.secret('one')
  const program = onTerminal(
    `acksm init --access worker-role --region cn-hangzhou --store kms > result; grep -c kind: result`,
  )
  for (const [question, answer] of [
    [/KMS secret, such as shop\/db: $/, name],
    [/none for the whole value: $/, ''],
    [/Key of the value in the Secret \[\d+\]: $/, 'token'],
    [/Namespace \[default\]: $/, 'shop'],
    [/Name of the Secret \[made-\d+\]: $/, ''],
  ] as const) {
    await program.until(question)
    program.type(`${answer}${ENTER}`)
  }
  expect(await endOf(program)).toMatch(/KMS secret made\/\d+ exists at [^]*\n2\nexit=0/)
})
