import { parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import { SecretSyncError } from '@ack-secret-manager/core'

const SUFFIX = '.cryptoservice.kms.aliyuncs.com'
const INSTANCE_ID = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Host name of an instance's gateway, reached from the VPCs it is bound to. Alibaba Cloud KMS, "Endpoints". */
export function defaultInstanceEndpoint(instanceId: string): string {
  if (!INSTANCE_ID.test(instanceId)) {
    const got = JSON.stringify(instanceId.slice(0, 80))
    const message = `endpoint: expected the id of a KMS instance such as kst-hzz62ee817bvyyr5x, or its host name, got ${got}`
    throw new SecretSyncError('InvalidSpec', message, { facts: { field: 'endpoint' } })
  }
  return `${instanceId}${SUFFIX}`
}

/**
 * The gateway of an instance, from its id (`kst-…`) or as the whole `HOST` or `HOST:PORT`. Always HTTPS.
 * @throws SecretSyncError `InvalidSpec`
 */
export function parseInstanceEndpoint(text: string): string {
  if (!/[.:]/.test(text)) return defaultInstanceEndpoint(text)
  return parseEndpoint(text, { example: `kst-hzz62ee817bvyyr5x${SUFFIX}` })
}

/** The instance that an endpoint belongs to, or the endpoint itself where its name does not tell. */
export function instanceOf(endpoint: string): string {
  return endpoint.endsWith(SUFFIX) ? endpoint.slice(0, -SUFFIX.length) : endpoint
}
