import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  BYTE_ENCODINGS,
  type ChannelLeak,
  type ChannelScan,
  type Encoding,
  ENCODINGS,
  HASHES,
} from '@ack-secret-manager/testbed/canary'

const TEXT_ENCODINGS = [...ENCODINGS, ...HASHES]

/** Leaks on purpose: a value for each encoding and channel, none of which is a canary of the run. */
export class Decoys {
  readonly #marker: string
  readonly #channels = new Map<string, readonly Encoding[]>()

  /** @param marker part of all values, and of nothing else */
  constructor(marker: string) {
    this.#marker = marker
  }

  /** What to leak on a channel that takes any text. */
  text(channel: string): string {
    return this.texts(channel).join(' ')
  }

  /** The same one by one. */
  texts(channel: string): readonly string[] {
    return this.#encoded(channel, TEXT_ENCODINGS)
  }

  /** What to leak on a channel that takes any bytes, one character each. */
  bytes(channel: string): string {
    return this.#encoded(channel, [...TEXT_ENCODINGS, ...BYTE_ENCODINGS]).join(' ')
  }

  /** Each leak that a scan does not find, as channel and encoding. */
  missed(scan: ChannelScan): readonly string[] {
    return [...this.#channels].flatMap(([channel, encodings]) => {
      const values = encodings.map(([how]) => ({ label: how, value: this.#value(channel, how) }))
      const found = new Set(scan.leaks({ values }, [channel]).map(({ label }: ChannelLeak) => label))
      return encodings.filter(([how]) => !found.has(how)).map(([how]) => `${channel}: ${how}`)
    })
  }

  /** How many leaks there are, and on how many channels. */
  get counts(): { readonly leaks: number; readonly channels: number } {
    const leaks = [...this.#channels.values()].reduce((sum, { length }) => sum + length, 0)
    return { leaks, channels: this.#channels.size }
  }

  #encoded(channel: string, encodings: readonly Encoding[]): readonly string[] {
    this.#channels.set(channel, encodings)
    return encodings.map(([how, encode]) => encode(this.#value(channel, how)))
  }

  /** With signs that encodings treat each in its own way. */
  #value(channel: string, how: string): string {
    return `"${this.#marker}"/1?2&3<${[channel, how].join('-').replaceAll(' ', '-')}>`
  }
}

/** What a program leaks at its start. */
export interface ProgramLeaks {
  /** One character a byte. */
  readonly stdout?: string
  readonly stderr?: string
  readonly file?: string
  /** Of a child that it starts. */
  readonly argument?: string
  readonly variable?: string
}

const SCRIPT = `
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  const { stdout, stderr, file, argument, variable } = JSON.parse(readFileSync(new URL('LEAKS', import.meta.url), 'utf8'))
  if (stdout !== undefined) process.stdout.write(Buffer.from(stdout + '\\n', 'latin1'))
  if (stderr !== undefined) process.stderr.write(Buffer.from(stderr + '\\n', 'latin1'))
  if (file !== undefined) writeFileSync(tmpdir() + '/left-behind', Buffer.from(file, 'latin1'))
  if (argument !== undefined) {
    // Ends with its parent, whose end of the pipe goes.
    const args = ['--eval', 'process.stdin.resume()', argument]
    const env = { DECOY: variable }
    spawn(process.execPath, args, { env, stdio: ['pipe', 'ignore', 'ignore'] }).unref()
  }
}
`

/** Writes a module that makes any Node program leak, and gives the environment that has it loaded. */
export async function leakingProgram(
  directory: string,
  name: string,
  leaks: ProgramLeaks,
): Promise<Readonly<Record<string, string>>> {
  const script = path.join(directory, `${name}.mjs`)
  await writeFile(path.join(directory, `${name}.json`), JSON.stringify(leaks))
  await writeFile(script, SCRIPT.replace('LEAKS', `${name}.json`))
  return { NODE_OPTIONS: `--import=${script}` }
}
