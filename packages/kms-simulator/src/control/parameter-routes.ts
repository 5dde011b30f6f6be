import { isParameterName, putParameterSchema } from '../oos/oos-seed.ts'
import { ControlError } from './control-error.ts'
import { type ControlContext, type ControlRoutes, inSeed, parseBody } from './control-route.ts'

/** Encrypted parameters of OOS. */
export function parameterRoutes({ cloud, clock }: ControlContext): ControlRoutes {
  return {
    'PUT parameters': ({ target: { name }, body }) => {
      const parameters = inSeed(cloud.parameters, 'parameters')
      const change = parseBody(body, putParameterSchema)
      if (!isParameterName(name)) throw new ControlError(400, 'not a name of a parameter')
      return { name, version: parameters.put({ name, ...change, nowMs: clock.now() }) }
    },
    'DELETE parameters': ({ target: { name } }) => {
      if (!inSeed(cloud.parameters, 'parameters').delete(name))
        throw new ControlError(404, `there is no parameter ${name}`)
      return { name }
    },
  }
}
