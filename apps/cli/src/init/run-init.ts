import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { regionOf } from '../identity/region.ts'
import { InputError } from '../input-error.ts'
import { Log } from '../output/log.ts'
import { unwritable } from '../output/unwritable.ts'
import { isExisting, writeWholeFile } from '../output/write-whole-file.ts'
import { Prompt } from '../terminal/prompt.ts'
import { ask } from './ask.ts'
import { checkKms } from './check-kms.ts'
import type { INIT_FLAGS } from './init-flags.ts'
import { initManifests } from './init-manifests.ts'
import { QUESTIONS, type Texts } from './questions.ts'

type Call = CommandCall<typeof INIT_FLAGS>

/** `acksm init` */
export async function runInit(call: Call): Promise<number> {
  const { flags, typed, io } = call
  if (flags.force && flags.out === undefined) throw new UsageError('--force needs --out')
  const file = flags.out === undefined ? undefined : path.resolve(io.cwd, flags.out)
  // Before any question: an answer must not be lost.
  if (file !== undefined && !flags.force) await refuseExisting(file, flags.out)
  const prompt = flags.yes ? undefined : Prompt.open(io)
  if (!flags.yes && prompt === undefined) throw new UsageError('there is no terminal to ask on: add --yes and flags')
  const log = new Log(io.stderr, flags['log-level'])
  const answers = await ask({ flags: textsOf(call), typed, prompt, onInvalid: (text) => log.info(text) })
  if (!flags.offline) log.info(await checkKms(call, answers))
  const text = initManifests(answers)
  if (file === undefined) io.stdout.write(text)
  else await write(file, text, flags)
  log.info(`next: acksm render -f ${flags.out ?? 'FILE'}, then kubectl apply -f ${flags.out ?? 'FILE'}`)
  return 0
}

/** Texts of the flags that answer questions. The region also has a variable of Alibaba Cloud. */
function textsOf({ flags, io }: Call): Texts {
  const values: Readonly<Record<string, unknown>> = flags
  const texts = QUESTIONS.flatMap(({ flag }): (readonly [string, string])[] => {
    const value = values[flag]
    if (Array.isArray(value)) return value.length === 0 ? [] : [[flag, value.join(',')]]
    return typeof value === 'string' ? [[flag, value]] : []
  })
  const hasRegion = flags.region !== undefined || (io.env['ALIBABA_CLOUD_REGION_ID'] ?? '').trim() !== ''
  const region = regionOf({ flag: flags.region, env: io.env, profile: undefined })
  return new Map([...texts, ...(hasRegion ? [['region', region] as const] : [])])
}

async function refuseExisting(file: string, out: string | undefined): Promise<void> {
  let handle
  try {
    handle = await open(file, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw unwritable(`--out ${out}`, error)
  }
  const isDirectory = (await handle.stat()).isDirectory()
  await handle.close()
  throw isDirectory ? new InputError([`--out ${out}: is a directory; name a file in it`]) : exists(out)
}

async function write(file: string, text: string, { out, force }: Pick<Call['flags'], 'out' | 'force'>): Promise<void> {
  try {
    await writeWholeFile(file, text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    throw isExisting(error) ? exists(out) : unwritable(`--out ${out}`, error)
  }
}

function exists(out: string | undefined): InputError {
  return new InputError([`--out ${out}: exists; add --force to replace it`])
}
