export { type WorkerRoleOptions, workerRoleProvider } from './worker-role-provider.ts'
