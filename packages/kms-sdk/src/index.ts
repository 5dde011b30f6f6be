export { type KmsCall, KmsSdkClient, type KmsSdkClientOptions } from './kms-sdk-client.ts'
