import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  BYTE_ENCODINGS,
  type ChannelLeak,
  type ChannelScan,
  type Encoding,
  ENCODINGS,
  HASHES,
} from '@ack-secret-manager/test-support/canary'

const TEXT_ENCODINGS = [...ENCODINGS, ...HASHES]

/** Intended leaks that test the scan: one value for each encoding and channel, none of which is a canary of the run. */
export class Decoys {
  readonly #marker: string
  readonly #channels = new Map<string, readonly Encoding[]>()

  /** @param marker part of all values only */
  constructor(marker: string) {
    this.#marker = marker
  }

  /** Text to leak on a text channel. */
  text(channel: string): string {
    return this.texts(channel).join(' ')
  }

  /** The same texts as a list. */
  texts(channel: string): readonly string[] {
    return this.#encoded(channel, TEXT_ENCODINGS)
  }

  /** Bytes to leak on a binary channel, one character per byte. */
  bytes(channel: string): string {
    return this.#encoded(channel, [...TEXT_ENCODINGS, ...BYTE_ENCODINGS]).join(' ')
  }

  /** Leaks that a scan does not find, as channel and encoding. */
  missed(scan: ChannelScan): readonly string[] {
    return [...this.#channels].flatMap(([channel, encodings]) => {
      const values = encodings.map(([how]) => ({ label: how, value: this.#value(channel, how) }))
      const found = new Set(scan.leaks({ values }, [channel]).map(({ label }: ChannelLeak) => label))
      return encodings.filter(([how]) => !found.has(how)).map(([how]) => `${channel}: ${how}`)
    })
  }

  /** Numbers of leaks and channels. */
  get counts(): { readonly leaks: number; readonly channels: number } {
    const leaks = [...this.#channels.values()].reduce((sum, { length }) => sum + length, 0)
    return { leaks, channels: this.#channels.size }
  }

  #encoded(channel: string, encodings: readonly Encoding[]): readonly string[] {
    this.#channels.set(channel, encodings)
    return encodings.map(([how, encode]) => encode(this.#value(channel, how)))
  }

  /** A value with characters that encodings treat differently. */
  #value(channel: string, how: string): string {
    return `"${this.#marker}"/1?2&3<${[channel, how].join('-').replaceAll(' ', '-')}>`
  }
}

/** Leaks of a program at its start. */
export interface ProgramLeaks {
  /** One character per byte. */
  readonly stdout?: string
  readonly stderr?: string
  readonly file?: string
  /** Argument and variable of its child process. */
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
    // Exits with its parent, which closes the pipe.
    const args = ['--eval', 'process.stdin.resume()', argument]
    const env = { DECOY: variable }
    spawn(process.execPath, args, { env, stdio: ['pipe', 'ignore', 'ignore'] }).unref()
  }
}
`

/** Writes a module that makes any Node program leak. @returns the environment that loads it */
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
