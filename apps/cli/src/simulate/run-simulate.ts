import type { CommandCall } from '@ack-secret-manager/command-line'
import { runSimulator } from '@ack-secret-manager/kms-simulator'
import { copyFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { SIMULATE_FLAGS } from './simulate-flags.ts'
import { jsonText } from '../output/json-text.ts'
import { unwritable } from '../output/unwritable.ts'

/** `acksm simulate` */
export async function runSimulate({ flags, io }: CommandCall<typeof SIMULATE_FLAGS>): Promise<number> {
  const { seed, port, host } = flags
  const caFile = flags['ca-file'] === undefined ? undefined : path.resolve(io.cwd, flags['ca-file'])
  const argv = ['--seed', path.resolve(io.cwd, seed)]
  if (port !== undefined) argv.push('--port', String(port))
  if (host !== undefined) argv.push('--host', host)
  let copied: string | undefined
  try {
    const exitCode = await runSimulator(argv, {
      // The simulator writes only its endpoints to stdout.
      stdout: (text) => {
        if (caFile !== undefined) copied = copyCa(text, caFile)
        io.stdout.write(caFile === undefined ? text : withCaFile(text, caFile))
      },
      stderr: (text) => void io.stderr.write(text),
      signal: io.signal,
      program: 'acksm simulate',
    })
    return exitCode === 0 && io.signal.reason !== 'SIGTERM' ? 130 : exitCode
  } finally {
    if (copied !== undefined) await rm(copied, { force: true })
  }
}

interface ReadyLine {
  readonly caFile: string
}

/** @returns the path of the written file */
function copyCa(readyLine: string, caFile: string): string {
  const { caFile: original } = JSON.parse(readyLine) as ReadyLine
  try {
    copyFileSync(original, caFile)
    return caFile
  } catch (error) {
    throw unwritable(`--ca-file ${caFile}`, error)
  }
}

function withCaFile(readyLine: string, caFile: string): string {
  return jsonText({ ...(JSON.parse(readyLine) as ReadyLine), caFile })
}
