import { metadataSchema } from '../metadata/metadata-seed.ts'
import { ControlError } from './control-error.ts'
import { type ControlContext, type ControlRoutes, inSeed, parseBody } from './control-route.ts'

/** Settings of the ECS metadata service. */
export function metadataRoutes({ cloud }: ControlContext): ControlRoutes {
  return {
    'PUT metadata': ({ body }) => {
      const metadata = inSeed(cloud.metadata, 'metadata, and no role with trust.ecs')
      const { role = metadata.settings.role ?? null, ...given } = parseBody(body, metadataSchema)
      if (role !== null && cloud.sts.roles.lastKnown(role)?.trust.ecs !== true) {
        throw new ControlError(400, 'role: there is no role of that name with trust.ecs')
      }
      const { settings } = metadata
      metadata.configure({
        role: role ?? undefined,
        tokenRequired: given.tokenRequired ?? settings.tokenRequired,
        tokenService: given.tokenService ?? settings.tokenService,
        sessionSeconds: given.sessionSeconds ?? settings.sessionSeconds,
        instanceId: given.instanceId ?? settings.instanceId,
        delayMs: given.delayMs ?? settings.delayMs,
      })
      return { ...metadata.settings, role }
    },
  }
}
