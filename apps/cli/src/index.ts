export type { CommandIo, OutputStream } from '@ack-secret-manager/command-line'
export { runCommand } from './run-command.ts'
