import { resolve } from 'node:path'
import { keySourceOf } from '../sts/oidc/key-source.ts'
import { OidcKeys } from '../sts/oidc/oidc-keys.ts'
import { roleSchema } from '../sts/sts-seed.ts'
import { ControlError } from './control-error.ts'
import { type ControlContext, type ControlRequest, type ControlRoutes, parseBody } from './control-route.ts'
import { putOidcProviderSchema, putRoleSchema } from './control-schemas.ts'

const MAX_SESSION_SECONDS = 3_600

function isRoleName(name: string): boolean {
  return roleSchema.shape.name.safeParse(name).success
}

/** Roles, their sessions, and the identity providers that they trust. */
export function roleRoutes({ cloud }: ControlContext): ControlRoutes {
  const { roles, sessions, oidcProviders } = cloud.sts
  return {
    'PUT roles': ({ target: { name }, body }: ControlRequest) => {
      const given = parseBody(body, putRoleSchema)
      if (!isRoleName(name)) throw new ControlError(400, 'not a name of a role')
      const last = roles.lastKnown(name)
      roles.put({
        name,
        account: given.account ?? last?.account ?? cloud.account,
        trust: given.trust ?? last?.trust ?? {},
        allow: given.allow ?? last?.allow ?? [],
        maxSessionSeconds: given.maxSessionSeconds ?? last?.maxSessionSeconds ?? MAX_SESSION_SECONDS,
      })
      return { name }
    },
    'DELETE roles': ({ target: { name } }: ControlRequest) => {
      if (!roles.delete(name)) throw new ControlError(404, `there is no role ${name}`)
      return { name, sessionsEnded: sessions.revoke(name) }
    },
    'GET sessions': () => ({
      sessions: sessions.all.map(({ session, accessKeyId, accessKeySecret, securityToken }) => {
        return { arn: session.arn, accessKeyId, accessKeySecret, securityToken }
      }),
    }),
    'DELETE sessions': ({ target: { name } }: ControlRequest) => ({
      sessionsEnded: sessions.revoke(name === '' ? undefined : name),
    }),
    'PUT oidcProviders': ({ target: { name: arn }, body }: ControlRequest) => {
      const { issuer, clientIds, ...source } = parseBody(body, putOidcProviderSchema)
      if (arn === '') throw new ControlError(400, 'the path needs the ARN of a provider')
      const keys = new OidcKeys(keySourceOf(source, (path) => resolve(path)))
      oidcProviders.put({ arn, issuer, clientIds, keys })
      return { arn }
    },
    'DELETE oidcProviders': ({ target: { name: arn } }: ControlRequest) => {
      if (!oidcProviders.delete(arn)) throw new ControlError(404, `there is no OIDC provider ${arn}`)
      return { arn }
    },
  }
}
