export { parseEndpoint as parseKmsEndpoint } from '@ack-secret-manager/alicloud-openapi'
export { defaultKmsEndpoint } from './endpoint.ts'
export { kmsEndpointBackend, type KmsEndpointOptions } from './kms-endpoint-backend.ts'
export { kmsEndpointConnection, type KmsEndpointConnectionOptions } from './kms-endpoint-connection.ts'
