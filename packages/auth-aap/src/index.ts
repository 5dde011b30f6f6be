export { type ClientKey, type ClientKeyOptions, parseClientKey } from './client-key.ts'
export { MAX_CLIENT_KEY_BYTES } from './internal/client-key-file.ts'
export type { SecretInput } from './internal/secret-text.ts'
