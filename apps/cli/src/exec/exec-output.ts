import type { ContentDigester, ObservedSecret, SecretWriter } from '@ack-secret-manager/core'
import { FileSecretWriter } from '@ack-secret-manager/file-writer'
import path from 'node:path'
import type { Log } from '../output/log.ts'
import { MemorySecretWriter } from '../render/memory-secret-writer.ts'
import { variablesOf, type VariablesOptions } from './environment.ts'
import type { PrivateDirectory } from './private-directory.ts'

/** Variable with the path of the files. */
export const FILES_VARIABLE = 'ACKSM_FILES_DIR'

/** Where the values of the program are. */
export interface ExecOutput {
  readonly openWriter: (digester: ContentDigester) => Promise<SecretWriter>
  /** The variables to add. @throws InputError with every key that cannot be a variable */
  variables(): ReadonlyMap<string, string>
  /** What was written, without values. */
  contents(): Iterable<ObservedSecret>
}

/** Values as variables. They stay in the memory of this process. */
export function variableOutput(options: VariablesOptions, log: Log): ExecOutput {
  const writer = new MemorySecretWriter()
  let noted = ''
  return {
    openWriter: () => Promise.resolve(writer),
    variables: () => {
      const { values, skipped } = variablesOf(writer.secrets(), options)
      const note = `not the names of variables, so left out: ${skipped.join('; ')}`
      if (skipped.length > 0 && note !== noted) log.info(note)
      noted = note
      return values
    },
    contents: () => writer.owned(),
  }
}

/** Values as files. @param isSingle there is one Secret, and the variable names its own directory */
export function fileOutput(directory: PrivateDirectory, isSingle: boolean, log: Log): ExecOutput {
  let writer: FileSecretWriter | undefined
  const contents = (): readonly ObservedSecret[] => [...(writer?.owned() ?? [])]
  return {
    openWriter: async (digester) => {
      writer = await FileSecretWriter.open({
        directory: directory.path,
        digester,
        onCleanupFailed: ({ message }) => log.warn(message),
      })
      return writer
    },
    variables: () => {
      const [only] = isSingle ? contents() : []
      const folder = only === undefined ? [] : [only.target.namespace, only.target.name]
      return new Map([[FILES_VARIABLE, path.join(directory.path, ...folder)]])
    },
    contents,
  }
}

/** Changes when a value, a key or a Secret does. Digests are compared, not values. */
export function contentState(contents: Iterable<ObservedSecret>): ReadonlyMap<string, string> {
  return new Map(
    [...contents].map(({ target, records }) => {
      const keys = [...records.values()].flatMap((record) =>
        [...record.keys].map(([key, { digest }]) => `${key} ${digest}`),
      )
      return [`${target.namespace}/${target.name}`, keys.toSorted().join('\n')]
    }),
  )
}

/** Secrets that differ between two states. */
export function changedSecrets(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name)).toSorted()
}
