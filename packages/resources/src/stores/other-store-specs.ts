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
        description: 'OOS endpoint; must be an allowed endpoint.',
        default: 'oos-vpc.{region}.aliyuncs.com',
        example: 'oos.cn-hangzhou.aliyuncs.com',
      }),
    })
    .transform(({ OOSAuth, ...oos }) => Object.freeze({ ...oos, ...(OOSAuth === undefined ? {} : { OOSAuth }) }))
    .exactOptional()
  return field(schema, {
    description:
      'Encrypted parameters of Operation Orchestration Service. `{}` selects the default region and endpoint, and the operator’s own identity.',
    default: 'none; then `KMS` or `plugin` is required',
    example: {},
  })
}

/** A store that reads through a backend package. */
export function pluginStore() {
  const schema = z
    .strictObject({
      package: field(
        text(LIMITS.packageName).regex(/^(@[a-z0-9][-._a-z0-9]*\/)?[a-z0-9][-._a-z0-9]*$/, {
          error: 'expected the name of an npm package',
        }),
        {
          description: 'Name of a package that `--backend-package` loads.',
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
          description:
            'Configuration, as the schema of the package defines it. Do not put secrets here: many users can read the resource.',
          default: '`{}`',
          example: { address: 'https://vault.example' },
          freeForm: true,
        },
      ),
    })
    .readonly()
    .exactOptional()
  return field(schema, {
    description: 'A backend package that the operator has loaded.',
    default: 'none; then `KMS` or `OOS` is required',
  })
}

/** A store in the Operation Orchestration Service. */
export type OosStore = NonNullable<z.output<ReturnType<typeof oosStore>>>
/** See {@link pluginStore}. */
export type PluginStore = NonNullable<z.output<ReturnType<typeof pluginStore>>>
