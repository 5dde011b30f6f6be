export { accessKeyId } from './access-key-id.ts'
export { accessKeyProvider, type AccessKeyOptions } from './access-key-provider.ts'
export { credentialText, MAX_CREDENTIAL_TEXT_LENGTH } from './credential-text.ts'
