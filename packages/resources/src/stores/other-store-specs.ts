import { z } from 'zod'
import type { StoreScope } from './credential-refs.ts'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { ramAuth } from './ram-auth-spec.ts'
import { LOST_NAME } from '../parse/normalize.ts'
import { hostAndPort, regionId, text } from '../schema/text.ts'

/** A store in the Operation Orchestration Service. */
export function oosStore(scope: StoreScope) {
  const schema = z
    .strictObject({
      OOSAuth: ramAuth(scope),
      region: field(regionId().exactOptional(), {
        description: 'Region of the parameters.',
        default: 'the operator’s `--region`',
        example: 'cn-hangzhou',
      }),
      endpoint: field(hostAndPort().exactOptional(), {
        description: 'Endpoint of OOS; must be among the allowed endpoints.',
        default: 'oos-vpc.{region}.aliyuncs.com',
        example: 'oos.cn-hangzhou.aliyuncs.com',
      }),
    })
    .transform(({ OOSAuth, ...oos }) => Object.freeze({ ...oos, ...(OOSAuth === undefined ? {} : { OOSAuth }) }))
    .exactOptional()
  return field(schema, {
    description:
      'Encrypted parameters of Operation Orchestration Service. `{}` is legal: default region and endpoint, the operator’s own identity.',
    default: 'none; then `KMS` or `plugin` must be there',
    example: {},
  })
}

/** A store in something else, through a package that the operator was started with. */
export function pluginStore() {
  const schema = z
    .strictObject({
      package: field(
        text(LIMITS.packageName).regex(/^(@[a-z0-9][-._a-z0-9]*\/)?[a-z0-9][-._a-z0-9]*$/, {
          error: 'expected the name of an npm package',
        }),
        {
          description: 'Name of the package; one of `--backend-package`.',
          example: '@example/ack-secret-manager-backend-vault',
        },
      ),
      config: field(
        z
          .record(
            z.string().refine((name) => name !== LOST_NAME),
            z.unknown(),
          )
          .readonly()
          .default({}),
        {
          description: 'What the package’s own schema asks for. Nothing secret: a resource can be read by many.',
          default: '`{}`',
          example: { address: 'https://vault.example' },
          freeForm: true,
        },
      ),
    })
    .readonly()
    .exactOptional()
  return field(schema, {
    description: 'A backend package that the operator was started with.',
    default: 'none; then `KMS` or `OOS` must be there',
  })
}

/** A store in the Operation Orchestration Service. */
export type OosStore = NonNullable<z.output<ReturnType<typeof oosStore>>>
/** A store in something else. */
export type PluginStore = NonNullable<z.output<ReturnType<typeof pluginStore>>>
