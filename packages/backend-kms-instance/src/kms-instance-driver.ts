import { createHash } from 'node:crypto'
import type { EndpointDriver } from '@ack-secret-manager/core'
import { parseInstanceEndpoint } from './instance-endpoint.ts'
import { probeInstance } from './internal/probe-instance.ts'
import { kmsInstanceConnection } from './kms-instance-connection.ts'

/** KMS at the endpoint of an instance, with a RAM identity or a client key. */
export const kmsInstanceDriver: EndpointDriver = {
  kind: 'kms-instance',
  provider: 'kms',
  allowedEndpoints: ['*.cryptoservice.kms.aliyuncs.com'],
  hosts: /^[a-z0-9-]+\.cryptoservice\.kms\.aliyuncs\.com(:\d+)?$/,
  parseEndpoint: parseInstanceEndpoint,
  connect: kmsInstanceConnection,
  trustKey: ({ ca, ignoreSSL = false, region }) =>
    JSON.stringify([
      ignoreSSL,
      createHash('sha256')
        .update(ca ?? `region ${region}`)
        .digest('base64url'),
    ]),
  probe: probeInstance,
}
