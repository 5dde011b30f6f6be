import '@ack-secret-manager/command-line/mute-libraries'
import { runProcess } from '@ack-secret-manager/command-line'
import { programNameOf } from './program-name.ts'
import { isCompletion, runCommand } from './run-command.ts'

const [, script = '', ...argv] = process.argv
await runProcess('acksm', (io) => runCommand(argv, io, programNameOf(script)))

// The user waits at the prompt: not for a connection or a credential plug-in that is past its deadline.
if (isCompletion(argv)) process.stdout.write('', () => process.exit())
