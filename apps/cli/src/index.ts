export type { CommandIo, OutputStream } from './command-io.ts'
export { runCommand } from './run-command.ts'
