export { type AssumeRoleOptions, assumeRoleProvider } from './assume-role-provider.ts'
