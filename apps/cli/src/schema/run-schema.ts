import type { CommandCall } from '@ack-secret-manager/command-line'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { InputError } from '../input-error.ts'
import { makeDirectory } from '../output/make-directory.ts'
import { unwritable } from '../output/unwritable.ts'
import { writeWholeFile } from '../output/write-whole-file.ts'
import type { SCHEMA_FLAGS } from './schema-flags.ts'
import { COMMENT, schemaFiles } from './schema-files.ts'

/** `acksm schema` */
export async function runSchema({ flags, io }: CommandCall<typeof SCHEMA_FLAGS>): Promise<number> {
  const directory = path.resolve(io.cwd, flags.out)
  const files = [...schemaFiles()].map(([name, text]) => ({ file: path.join(directory, name), name, text }))
  try {
    await makeDirectory(directory)
    const foreign = await Promise.all(files.map(async ({ file, name }) => ((await isForeign(file)) ? [name] : [])))
    const [first] = foreign.flat()
    if (first !== undefined) {
      throw new InputError([`--out ${flags.out}: ${first} is not from acksm schema; use another directory`])
    }
    for (const { file, text } of files) await writeWholeFile(file, text, { flag: 'w' })
  } catch (error) {
    if (error instanceof InputError) throw error
    throw unwritable(`--out ${flags.out}`, error)
  }
  for (const { name } of files) io.stdout.write(`${path.join(flags.out, name)}\n`)
  return 0
}

async function isForeign(file: string): Promise<boolean> {
  try {
    return !(await readFile(file, 'utf8')).includes(`"$comment": ${JSON.stringify(COMMENT)}`)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return false
    if (code === 'EISDIR') return true
    throw error
  }
}
