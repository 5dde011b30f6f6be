import { ControlError } from './control-error.ts'
import { type ControlContext, type ControlRoutes, parseBody } from './control-route.ts'
import { faultSchema } from './control-schemas.ts'
import { selectCalls } from './select-calls.ts'

/** Faults, and the log of calls. */
export function faultRoutes({ faults, calls }: ControlContext): ControlRoutes {
  return {
    'POST faults': ({ body }) => {
      if (!faults.add(parseBody(body, faultSchema))) throw new ControlError(409, 'there are too many faults')
      return {}
    },
    'DELETE faults': () => {
      faults.clear()
      return {}
    },
    'GET calls': ({ query }) => selectCalls(calls.list(), query),
    'DELETE calls': () => {
      calls.clear()
      return {}
    },
  }
}
