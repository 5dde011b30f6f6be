import { parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import { SecretSyncError } from '@ack-secret-manager/core'

const SUFFIX = '.cryptoservice.kms.aliyuncs.com'
const INSTANCE_ID = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Host name of an instance's gateway, reachable from the VPCs of the instance. Alibaba Cloud KMS, "Endpoints". */
export function defaultInstanceEndpoint(instanceId: string): string {
  if (!INSTANCE_ID.test(instanceId)) {
    const got = JSON.stringify(instanceId.slice(0, 80))
    const message = `endpoint: expected the id of a KMS instance such as kst-hzz62ee817bvyyr5x, or its host name, got ${got}`
    throw new SecretSyncError('InvalidSpec', message, { facts: { field: 'endpoint' } })
  }
  return `${instanceId}${SUFFIX}`
}

/**
 * Parses the endpoint of an instance: its id (`kst-…`), `HOST` or `HOST:PORT`. Always HTTPS.
 * @throws SecretSyncError `InvalidSpec`
 */
export function parseInstanceEndpoint(text: string): string {
  if (!/[.:]/.test(text)) return defaultInstanceEndpoint(text)
  return parseEndpoint(text, { example: `kst-hzz62ee817bvyyr5x${SUFFIX}` })
}

/** The instance id of an endpoint, or the endpoint itself if its name contains none. */
export function instanceOf(endpoint: string): string {
  return endpoint.endsWith(SUFFIX) ? endpoint.slice(0, -SUFFIX.length) : endpoint
}
