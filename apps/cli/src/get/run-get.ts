import { defined, messageWithRequestId, type SecretRef, systemClock } from '@ack-secret-manager/core'
import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import type { GET_FLAGS } from './get-flags.ts'
import { Log } from '../output/log.ts'
import { Progress } from '../output/progress.ts'
import { compileJsonPath, selectJsonPath } from './json-path.ts'
import { openSource } from './open-source.ts'
import { printValue } from './print-value.ts'
import { withRestoreCommand } from '../restore-hint.ts'
import { retryUntil } from '../retry-until.ts'
import { timeLimit } from '../time-limit.ts'

/** `acksm get` */
export async function runGet(call: CommandCall<typeof GET_FLAGS>): Promise<number> {
  const { flags, argument, io } = call
  const jsonPath = flags['json-path'] === undefined ? undefined : compileJsonPath(flags['json-path'])
  if (jsonPath !== undefined && flags.field !== 'value') throw new UsageError('--json-path needs --field value')
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
    const printed = jsonPath === undefined ? value : selectJsonPath(value, jsonPath, argument)
    printValue(printed, { name: argument, field: flags.field, raw: flags.raw, output: flags.output }, io)
    return 0
  } catch (error) {
    throw withRestoreCommand(error, argument)
  } finally {
    progress.end()
    await source.close()
  }
}

function refOf(name: string, flags: CommandCall<typeof GET_FLAGS>['flags']): SecretRef {
  const { 'version-stage': versionStage, 'version-id': versionId } = flags
  return {
    name,
    ...defined({ versionStage, versionId }),
  }
}
