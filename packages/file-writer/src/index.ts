export { FileSecretWriter, type FileSecretWriterOptions } from './file-secret-writer.ts'
