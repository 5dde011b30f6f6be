import type { CommandIo } from '@ack-secret-manager/command-line'
import { constants } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PrivateDirectory } from '../exec/private-directory.ts'
import type { Log } from '../output/log.ts'
import { unwritable } from '../output/unwritable.ts'
import { utf8 } from '../put/value-of.ts'
import { DeclinedError } from '../terminal/declined-error.ts'
import { editorCommand } from './editor-command.ts'
import { runEditor } from './run-editor.ts'

const OWNER_ONLY = 0o600
/** More than KMS stores, so that a value that is too large is reported as such. */
const MAX_BYTES = 1_048_576

/** A text that a user edits in a file of a private directory. Must be closed, which wipes it. */
export class EditFile implements AsyncDisposable {
  readonly #directory: PrivateDirectory
  readonly #file: string
  readonly #log: Log
  readonly #keepClean: (() => void) | undefined

  private constructor(directory: PrivateDirectory, file: string, io: CommandIo, log: Log) {
    this.#directory = directory
    this.#file = file
    this.#log = log
    this.#keepClean = io.process?.onExit(() => directory.removeNow())
  }

  /** @param name of the file, from which editors know the language @throws InputError */
  static async create(name: string, text: string, io: CommandIo, log: Log): Promise<EditFile> {
    const directory = await PrivateDirectory.inMemory(io.env, log, { command: 'edit', what: 'edit' })
    const edit = new EditFile(directory, path.join(directory.path, name), io, log)
    try {
      await writeFile(edit.#file, text, { mode: OWNER_ONLY, flag: 'wx' })
      return edit
    } catch (error) {
      await edit[Symbol.asyncDispose]()
      throw unwritable(edit.#file, error)
    }
  }

  /** Opens the editor. @returns the text that the user has left @throws DeclinedError, InterruptedError */
  async edit(editor: string, io: CommandIo): Promise<string> {
    await runEditor(editorCommand(editor, this.#file, io.env), io)
    const text = utf8(await this.#read())
    if (text === undefined) throw new DeclinedError('the edited text is not UTF-8')
    return text
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const problem = await this.#directory.remove()
    if (problem !== undefined) this.#log.warn(problem)
    this.#keepClean?.()
  }

  async #read(): Promise<Uint8Array> {
    let handle: Awaited<ReturnType<typeof open>>
    try {
      handle = await open(this.#file, constants.O_RDONLY | constants.O_NOFOLLOW)
    } catch {
      throw new DeclinedError('the editor has removed the file')
    }
    try {
      const { size } = await handle.stat()
      if (size > MAX_BYTES) throw new DeclinedError(`the edited text has more than ${MAX_BYTES} bytes`)
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  }
}
