import { UsageError } from '@ack-secret-manager/command-line'
import { isSecretSyncError, SecretSyncError, type SecretValue, Sensitive } from '@ack-secret-manager/core'
import { type CompiledPath, compilePath, parseDocument, selectPath } from '@ack-secret-manager/transform'
import { jmesPathOf } from '../jmes-path.ts'

const FLAG = '--json-path'
/** JSONPath of kubectl (`{.a.b}`) and of others (`$.a.b`), and a path of jq (`.a.b`). */
const OTHER_LANGUAGE = /^\{?\$?\.([A-Za-z_][\w.]*)\}?$/

/** Compiles `--json-path`, before anything is read. @throws UsageError */
export function compileJsonPath(text: string): CompiledPath {
  try {
    return compilePath(jmesPathOf(text), FLAG)
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    const [, path] = OTHER_LANGUAGE.exec(text) ?? []
    throw new UsageError(path === undefined ? error.message : `${error.message}; write it as ${path}`)
  }
}

/**
 * The part of a value that a path selects: a string as it is, anything else as JSON.
 * @throws SecretSyncError `NotADocument` | `PathNotFound` | `TooLarge`, with the name of the secret and never a value
 */
export function selectJsonPath(value: SecretValue, path: CompiledPath, name: string): SecretValue {
  try {
    const bytes = selectPath(parseDocument(value.bytes.expose()), path)
    return { ...value, dataType: 'text', bytes: new Sensitive(bytes) }
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    throw new SecretSyncError(error.code, `${name}: ${error.message}`, { facts: error.facts, cause: error })
  }
}
