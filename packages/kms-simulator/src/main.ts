import { runProcess } from '@ack-secret-manager/command-line'
import { runSimulator } from './run-simulator.ts'

await runProcess('kms-simulator', ({ signal }) =>
  runSimulator(process.argv.slice(2), {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    signal,
  }),
)
