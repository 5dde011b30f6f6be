import { SecretSyncError } from '@ack-secret-manager/core'
import { TEMPLATE_LIMITS } from './limits.ts'
import type { LossReason } from './thread-protocol.ts'
import type { EngineFailure } from './engine-response.ts'

/** The engine's message for a template that exceeds the limit of all outputs. */
const OUTPUT_LIMIT = 'the output is over its limit'

/** Error of a template that does not parse, or fails. */
export function failureError(template: string, { line, column, problem }: EngineFailure): SecretSyncError {
  const place = [template, line > 0 ? `line ${line}` : '', column > 0 ? `column ${column}` : '']
  const limit = `the outputs of all templates together are larger than ${TEMPLATE_LIMITS.outputBytes} bytes`
  const why = problem === OUTPUT_LIMIT ? limit : problem
  return templateError(template, `${place.filter((each) => each !== '').join(', ')}: ${why}`)
}

/** Error of a template that crashed the engine, or that timed out on a busy machine. */
export function lossError(template: string, reason: LossReason, timeoutMs: number): SecretSyncError {
  if (reason === 'clock') {
    const why = `${template}: the machine was too busy to render it; it is retried`
    return new SecretSyncError('Unavailable', why, { facts: { field: template } })
  }
  const problem = {
    time: `it takes longer than ${timeoutMs} ms`,
    memory: `it needs more memory than ${TEMPLATE_LIMITS.memoryBytes} bytes`,
    depth: 'it, or the data that it goes through, is nested too deeply',
    defect: 'the template engine crashed on it; this is a defect, please report it',
  }[reason]
  return templateError(template, `${template}: ${problem}`)
}

function templateError(template: string, message: string): SecretSyncError {
  return new SecretSyncError('TemplateError', message, { facts: { field: template } })
}
