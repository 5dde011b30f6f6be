export { type BackendFilesOptions, type BackendMode, backendFiles } from './backend-files.ts'
export { createBackend, CreateBackendError, type CreateBackendOptions, type CreatedBackend } from './create-backend.ts'
