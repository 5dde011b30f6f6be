import type { ErrorCode } from '@ack-secret-manager/core'

/** Why a `process_command` gives no session. Holds neither its arguments nor what it has printed. */
export class ProcessCommandError extends Error {
  readonly code: ErrorCode

  /** @param message continues the sentence "its process_command …" */
  constructor(code: ErrorCode, message: string) {
    super(message)
    this.name = 'ProcessCommandError'
    this.code = code
  }
}
