import { defined, messageWithRequestId, type SecretRef, type SecretValue, systemClock } from '@ack-secret-manager/core'
import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import type { GET_FLAGS } from './get-flags.ts'
import { Log } from '../output/log.ts'
import { Progress } from '../output/progress.ts'
import { openSource } from './open-source.ts'
import { printValue } from './print-value.ts'
import { withRestoreCommand } from '../restore-hint.ts'
import { retryUntil } from '../retry-until.ts'
import { timeLimit } from '../time-limit.ts'

/** `acksm get` */
export async function runGet(call: CommandCall<typeof GET_FLAGS>): Promise<number> {
  const { flags, argument, io } = call
  const select = await selectionOf(flags['json-path'], argument)
  if (select !== undefined && flags.field !== 'value') throw new UsageError('--json-path needs --field value')
  if (flags['backend-package'] === undefined && argument.includes('#')) {
    throw new UsageError('NAME: names of secrets have no #; for a part of a JSON value use --json-path PATH')
  }
  const log = new Log(io.stderr, flags['log-level'])
  const leftMs = timeLimit(flags.timeout)
  const source = await openSource(call, log)
  let failure = ''
  const progress = new Progress(io, systemClock, () => `reading ${argument} …${failure}`)
  try {
    const value = await retryUntil((signal) => source.backend.read(refOf(argument, flags), { signal }), {
      timeoutMs: leftMs(),
      limitMs: flags.timeout,
      what: `reading ${argument}${source.endpoint === undefined ? '' : ` from ${source.endpoint}`}`,
      signal: io.signal,
      onRetry: (error) => {
        failure = `; last attempt: ${error.message}`
        log.debug(`${messageWithRequestId(error)}; retrying`)
      },
    })
    progress.end()
    const printed = select === undefined ? value : select(value)
    printValue(printed, { name: argument, field: flags.field, raw: flags.raw, output: flags.output }, io)
    return 0
  } catch (error) {
    throw withRestoreCommand(error, argument)
  } finally {
    progress.end()
    await source.close()
  }
}

/** What a path selects. Parsers are loaded for it alone, because most calls print a whole value. @throws UsageError */
async function selectionOf(
  path: string | undefined,
  name: string,
): Promise<((value: SecretValue) => SecretValue) | undefined> {
  if (path === undefined) return undefined
  const { compileJsonPath, selectJsonPath } = await import('./json-path.ts')
  const compiled = compileJsonPath(path)
  return (value) => selectJsonPath(value, compiled, name)
}

function refOf(name: string, flags: CommandCall<typeof GET_FLAGS>['flags']): SecretRef {
  const { 'version-stage': versionStage, 'version-id': versionId } = flags
  return {
    name,
    ...defined({ versionStage, versionId }),
  }
}
