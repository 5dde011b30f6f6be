import { UsageError } from '@ack-secret-manager/command-line'
import { errorKind, isSecretSyncError, messageWithRequestId } from '@ack-secret-manager/core'
import { InputError } from './input-error.ts'
import type { ProgramName } from './program-name.ts'
import { DeclinedError } from './terminal/declined-error.ts'
import { InterruptedError } from './terminal/interrupted-error.ts'

/** Messages and exit code of a command that failed. */
export interface Failure {
  /** None if the user has interrupted the command. */
  readonly lines: readonly string[]
  readonly exitCode: 1 | 2 | 130
  /** For scripts: `Usage`, `InvalidInput`, `Declined`, `Interrupted`, or the code of a SecretSyncError. */
  readonly code: string
  /** Request id of KMS, for the support of Alibaba Cloud. */
  readonly requestId?: string
}

/** Exit code of a failure of commands whose exit code 1 is a result. */
const FAILURE_CODES: Readonly<Record<string, 2>> = { diff: 2 }

/** Messages and exit code for an error. Messages of other errors may contain secrets, so only their kind is printed. */
export function commandFailureOf(
  error: unknown,
  command: string,
  signal: AbortSignal,
  name: ProgramName = 'acksm',
): Failure {
  if (error instanceof UsageError) {
    const help = [name, ...(command === '' ? [] : [command]), '--help'].join(' ')
    return { lines: [`${error.message}; see ${help}`], exitCode: 2, code: 'Usage' }
  }
  if (error instanceof InputError) return { lines: error.problems, exitCode: 2, code: 'InvalidInput' }
  if (signal.aborted || error instanceof InterruptedError) return { lines: [], exitCode: 130, code: 'Interrupted' }
  if (error instanceof DeclinedError) return { lines: [error.message], exitCode: 1, code: 'Declined' }
  const failed = FAILURE_CODES[command] ?? 1
  if (isSecretSyncError(error)) {
    const { code, facts } = error
    const requestId = facts.requestId === undefined ? {} : { requestId: facts.requestId }
    return { lines: [messageWithRequestId(error)], exitCode: code === 'InvalidSpec' ? 2 : failed, code, ...requestId }
  }
  return {
    lines: [`unexpected ${errorKind(error)}; this is a defect, please report it`],
    exitCode: failed,
    code: 'Internal',
  }
}
