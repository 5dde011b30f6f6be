import { whyKeyIsInconsistent } from '../seed.ts'
import { ControlError } from './control-error.ts'
import { type ControlContext, type ControlRequest, type ControlRoutes, parseBody } from './control-route.ts'
import { putAccessKeySchema } from './control-schemas.ts'

/** Routes to delete, restore, create and change access keys. */
export function accessKeyRoutes({ cloud: { accessKeys } }: ControlContext): ControlRoutes {
  return {
    'PUT accessKeys': ({ target: { name: id }, body }: ControlRequest) => {
      const { expiration, ...given } = parseBody(body, putAccessKeySchema)
      const last = accessKeys.lastKnown(id)
      const secret = given.secret ?? last?.secret
      if (id === '' || secret === undefined) throw new ControlError(400, 'secret: a new key needs one')
      const expiresAtMs = expiration === undefined ? last?.expiresAtMs : Date.parse(expiration)
      const securityToken = given.securityToken ?? last?.securityToken
      const why = whyKeyIsInconsistent({ id, securityToken, expiration })
      if (why !== undefined) throw new ControlError(400, why)
      accessKeys.put({ id, secret, securityToken, expiresAtMs, allow: given.allow ?? last?.allow ?? [] })
      return { id }
    },
    'DELETE accessKeys': ({ target: { name: id } }: ControlRequest) => {
      if (!accessKeys.delete(id)) throw new ControlError(404, `there is no access key ${id}`)
      return { id }
    },
  }
}
