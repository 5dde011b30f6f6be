import '@ack-secret-manager/command-line/mute-libraries'
import { runProcess } from '@ack-secret-manager/command-line'
import { runCommand } from './run-command.ts'

await runProcess('acksm', (io) => runCommand(process.argv.slice(2), io))
