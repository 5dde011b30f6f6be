import { createClientKey } from '../instance/client-key-file.ts'
import type { ClientKey } from '../instance/client-keys.ts'
import { isClientKeyId } from '../instance/instance-seed.ts'
import { CLIENT_KEY_TTL_MS } from '../cloud-state.ts'
import { ControlError } from './control-error.ts'
import { type ControlContext, type ControlRequest, type ControlRoutes, inSeed, parseBody } from './control-route.ts'
import { putClientKeySchema } from './control-schemas.ts'

/** Routes to delete, restore, create and change client keys of the instance gateway. */
export function clientKeyRoutes({ cloud, keyDirectory, clock }: ControlContext): ControlRoutes {
  const put = async ({ target: { name: id }, body }: ControlRequest): Promise<object> => {
    const { clientKeys } = inSeed(cloud.instance, 'instances')
    const given = parseBody(body, putClientKeySchema)
    if (!isClientKeyId(id)) throw new ControlError(400, 'not an id of a client key')
    const last = clientKeys.lastKnown(id)
    // Settings of the gateway are changed in place; a changed field of the file requires a new client key.
    const isSameKey = given.password === undefined && given.notAfter === undefined && given.encryption === undefined
    const secrets = given.secrets ?? last?.secrets ?? ['*']
    let key: ClientKey
    if (last !== undefined && isSameKey) {
      key = { ...last, secrets }
    } else {
      const password = given.password ?? last?.password
      if (password === undefined) throw new ControlError(400, 'password: a new key needs one')
      const notAfterMs = given.notAfter === undefined ? clock.now() + CLIENT_KEY_TTL_MS : Date.parse(given.notAfter)
      const encryption = given.encryption ?? 'legacy'
      key = await createClientKey({ id, password, secrets, notAfterMs, encryption }, keyDirectory)
    }
    clientKeys.put(key)
    return { id, file: key.file, password: key.password }
  }
  return {
    'PUT clientKeys': put,
    'DELETE clientKeys': ({ target: { name: id } }: ControlRequest) => {
      if (!inSeed(cloud.instance, 'instances').clientKeys.delete(id)) {
        throw new ControlError(404, `there is no client key ${id}`)
      }
      return { id }
    },
  }
}
