import { defined } from '@ack-secret-manager/core'
import { z } from 'zod'
import { hostAndPort, regionId } from '../schema/text.ts'
import { field } from '../schema/field.ts'
import type { StoreScope } from './credential-refs.ts'
import { ramAuth } from './ram-auth-spec.ts'
import type { ServiceDefinition } from './store-service.ts'

function oosStore(scope: StoreScope) {
  return z
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
    .transform(({ OOSAuth, ...oos }) => Object.freeze({ ...oos, ...defined({ OOSAuth }) }))
    .exactOptional()
}

/** A store in the Operation Orchestration Service. */
export const oosService = {
  provider: 'oos',
  names: ['OOS'],
  schema: oosStore,
  meta: {
    description:
      'Encrypted parameters of Operation Orchestration Service. `{}` selects the default region and endpoint, and the operator identity.',
    example: {},
  },
  serviceOf: ({ region, endpoint, OOSAuth: auth }) => ({
    kind: 'endpoint',
    name: 'OOS',
    provider: 'oos',
    field: 'spec.OOS',
    region,
    endpoint,
    access: { kind: 'ram', field: 'spec.OOS.OOSAuth', auth },
  }),
} as const satisfies ServiceDefinition<ReturnType<typeof oosStore>>

/** A store in the Operation Orchestration Service. */
export type OosStore = NonNullable<z.output<ReturnType<typeof oosStore>>>
