import { startEnvironment } from '@ack-secret-manager/command-line/mute-libraries'
import { runProcess } from '@ack-secret-manager/command-line'
import { programNameOf } from './program-name.ts'
import { runCommand } from './run-command.ts'

const [, script = '', ...argv] = process.argv
await runProcess('acksm', (io) => runCommand(argv, io, programNameOf(script)), startEnvironment)
