import type { Clock } from '@ack-secret-manager/core'
import type { z } from 'zod'
import { describeIssues } from '../describe-issues.ts'
import type { CallLog } from '../gateway/call-log.ts'
import type { Faults } from '../gateway/faults.ts'
import type { CloudState } from '../cloud-state.ts'
import { ControlError } from './control-error.ts'
import type { ControlTarget } from './control-path.ts'

/** Context of the routes of the control port. */
export interface ControlContext {
  readonly cloud: CloudState
  /** Directory of new client key files. */
  readonly keyDirectory: string
  readonly faults: Faults
  readonly calls: CallLog
  readonly clock: Pick<Clock, 'now'>
}

/** A request to one route. */
export interface ControlRequest {
  readonly target: ControlTarget
  readonly query: URLSearchParams
  readonly body: Buffer
}

/** Performs a request and returns the response. Throws ControlError for an invalid one. */
export type ControlRoute = (request: ControlRequest) => object | Promise<object>

/** Routes by `METHOD collection`. */
export type ControlRoutes = Readonly<Record<string, ControlRoute>>

/**
 * The body of a request; an empty one is `{}`.
 * @throws ControlError 400 naming the field that is wrong
 */
export function parseBody<S extends z.ZodType>(body: Buffer, schema: S): z.output<S> {
  let value: unknown = {}
  try {
    if (body.length > 0) value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new ControlError(400, 'the body is not JSON')
  }
  const result = schema.safeParse(value)
  if (!result.success) throw new ControlError(400, describeIssues(result.error).message)
  return result.data
}

/**
 * A part of the cloud state that the seed must configure.
 * @throws ControlError 404 when it does not
 */
export function inSeed<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new ControlError(404, `the seed has no ${name}`)
  return part
}
