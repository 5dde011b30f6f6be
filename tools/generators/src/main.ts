export { backendGenerator } from './backend/backend-generator.ts'
