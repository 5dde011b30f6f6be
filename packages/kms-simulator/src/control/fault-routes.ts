import { ControlError } from './control-error.ts'
import { type ControlContext, type ControlRoutes, parseBody } from './control-route.ts'
import { defined } from '@ack-secret-manager/core'
import { DEFAULT_BATCH } from '../kms/kms-state.ts'
import { faultSchema, putBatchSchema } from './control-schemas.ts'
import { selectCalls } from './select-calls.ts'

/** Faults, the behaviour of batch reads, and the log of calls. */
export function faultRoutes({ cloud, faults, calls }: ControlContext): ControlRoutes {
  return {
    'POST faults': ({ body }) => {
      if (!faults.add(parseBody(body, faultSchema))) throw new ControlError(409, 'there are too many faults')
      return {}
    },
    'DELETE faults': ({ query }) => {
      faults.clear(query.get('secret') ?? undefined)
      return {}
    },
    'PUT batch': ({ body }) => {
      const behaviour = cloud.kms.batch ?? { ...DEFAULT_BATCH }
      return Object.assign(behaviour, defined(parseBody(body, putBatchSchema)))
    },
    'GET calls': ({ query }) => selectCalls(calls.list(), query),
    'DELETE calls': () => {
      calls.clear()
      return {}
    },
  }
}
