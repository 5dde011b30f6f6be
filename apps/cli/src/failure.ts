import { errorKind, isSecretSyncError, messageWithRequestId } from '@ack-secret-manager/core'
import { InputError, UsageError } from './input-error.ts'

/** How a command ends that could not do its work. */
export interface Failure {
  readonly lines: readonly string[]
  readonly exitCode: 1 | 2 | 130
}

/** What to tell about an error, and how to leave. Messages of errors that are not ours may hold anything: only their kind is told. */
export function failureOf(error: unknown, command: string, signal: AbortSignal): Failure {
  if (error instanceof UsageError) {
    const help = command === '' ? 'acksm --help' : `acksm ${command} --help`
    return { lines: [`${error.message}; see ${help}`], exitCode: 2 }
  }
  if (error instanceof InputError) return { lines: error.problems, exitCode: 2 }
  if (signal.aborted) return { lines: [], exitCode: 130 }
  if (isSecretSyncError(error)) {
    return { lines: [messageWithRequestId(error)], exitCode: error.code === 'InvalidSpec' ? 2 : 1 }
  }
  return { lines: [`unexpected ${errorKind(error)}; this is a defect, please report it`], exitCode: 1 }
}
