import { SecretSyncError } from '@ack-secret-manager/core'
import { TEMPLATE_LIMITS } from './limits.ts'
import type { LossReason } from './thread-protocol.ts'
import type { EngineFailure } from './engine-answer.ts'

/** The engine's words for a template that writes more than is left for all outputs. */
const OUTPUT_LIMIT = 'the output is over its limit'

/** A template that does not parse, or fails. */
export function failureError(template: string, { line, column, problem }: EngineFailure): SecretSyncError {
  const place = [template, line > 0 ? `line ${line}` : '', column > 0 ? `column ${column}` : '']
  const limit = `the outputs of all templates together are larger than ${TEMPLATE_LIMITS.outputBytes} bytes`
  const why = problem === OUTPUT_LIMIT ? limit : problem
  return templateError(template, `${place.filter((each) => each !== '').join(', ')}: ${why}`)
}

/** A template that the engine did not survive, or that a busy machine did not get done. */
export function lossError(template: string, reason: LossReason, timeoutMs: number): SecretSyncError {
  if (reason === 'clock') {
    const why = `${template}: the machine was too busy to render it; it is tried again`
    return new SecretSyncError('Unavailable', why, { facts: { field: template } })
  }
  const problem = {
    time: `it takes longer than ${timeoutMs} ms`,
    memory: `it needs more memory than ${TEMPLATE_LIMITS.memoryBytes} bytes`,
    depth: 'it, or the data that it goes through, is nested too deeply',
    defect: 'the template engine broke down on it; this is a defect, please report it',
  }[reason]
  return templateError(template, `${template}: ${problem}`)
}

function templateError(template: string, message: string): SecretSyncError {
  return new SecretSyncError('TemplateError', message, { facts: { field: template } })
}
