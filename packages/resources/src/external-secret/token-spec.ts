import { z } from 'zod'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { externalId, hostAndPort, registryInstanceId, regionId, roleArn, roleSessionName } from '../schema/text.ts'
import { storeRef } from './store-ref-spec.ts'

const tokenStore = (what: string) =>
  field(storeRef('ExternalSecret'), {
    description: `Store whose RAM identity gets the token. It must allow the ${what} in \`allowTokens\`.`,
    example: { name: 'registry', kind: 'ClusterSecretStore' },
  })

const instanceSchema = z
  .strictObject({
    id: field(registryInstanceId(), {
      description: 'Instance of Container Registry.',
      example: 'cri-abcdefgh12345678',
    }),
    region: field(regionId().exactOptional(), {
      description: 'Region of the instance.',
      default: 'the region of the store',
      example: 'cn-hangzhou',
    }),
    registries: field(z.array(hostAndPort()).min(1).max(LIMITS.registryHosts).readonly(), {
      description: 'Domain names of the instance that images are pulled from.',
      example: ['team-registry-vpc.cn-hangzhou.cr.aliyuncs.com'],
    }),
  })
  .readonly()

/** `containerRegistry` of an entry of `spec.generate`. */
export const containerRegistrySchema = z
  .strictObject({
    secretStoreRef: tokenStore('instances'),
    instances: field(z.array(instanceSchema).min(1).max(LIMITS.registryInstances).readonly(), {
      description: 'Instances of Container Registry Enterprise Edition whose tokens are in the document.',
    }),
  })
  .superRefine(({ instances }, context) => {
    const seen = new Set<string>()
    instances.forEach(({ registries }, at) =>
      registries.forEach((host, index) => {
        const path = ['instances', at, 'registries', index]
        const name = host.toLowerCase()
        if (seen.has(name)) context.addIssue({ code: 'custom', path, message: `${host} is listed twice` })
        seen.add(name)
      }),
    )
  })
  .readonly()

/** `stsToken` of an entry of `spec.generate`. */
export const stsTokenSchema = z
  .strictObject({
    secretStoreRef: tokenStore('role'),
    roleArn: field(roleArn(), {
      description: 'RAM role that the identity of the store assumes.',
      example: 'acs:ram::1234567890123456:role/upload',
    }),
    externalId: field(externalId().exactOptional(), {
      description: 'External id that the trust policy of the role expects.',
      default: 'none',
      example: 'team-a',
    }),
    sessionName: field(roleSessionName().exactOptional(), {
      description: 'Name of the session in ActionTrail.',
      default: 'ack-secret-manager',
      example: 'upload',
    }),
    durationSeconds: field(z.int().min(LIMITS.minSessionSeconds).max(LIMITS.maxSessionSeconds).default(3_600), {
      description: 'Life of a token. The role limits it as well.',
      default: '3600',
      example: 3_600,
      format: 'int32',
    }),
  })
  .readonly()

export type ContainerRegistrySpec = z.output<typeof containerRegistrySchema>
export type StsTokenSpec = z.output<typeof stsTokenSchema>
