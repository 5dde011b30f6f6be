export { type AgeFilesConfig, ageFilesConfigSchema } from './age-files-config.ts'
export { ageFilesConnection, type AgeFilesConnectionOptions } from './age-files-connection.ts'
export { backendPlugin } from './backend-plugin.ts'
