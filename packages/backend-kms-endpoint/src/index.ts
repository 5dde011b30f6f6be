export { defaultKmsEndpoint, parseKmsEndpoint } from './endpoint.ts'
export { kmsEndpointBackend, type KmsEndpointOptions } from './kms-endpoint-backend.ts'
export { kmsEndpointConnection, type KmsEndpointConnectionOptions } from './kms-endpoint-connection.ts'
