import { startEnvironment } from '@ack-secret-manager/command-line/mute-libraries'
import { runProcess } from '@ack-secret-manager/command-line'
import { completesFor, programNameOf } from './program-name.ts'
import { runCommand } from './run-command.ts'

const [, script = '', ...words] = process.argv
const argv = completesFor(script) ? ['__complete', ...words] : words
await runProcess('acksm', (io) => runCommand(argv, io, programNameOf(script)), startEnvironment)
