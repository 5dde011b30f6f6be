import { runProcess } from '@ack-secret-manager/command-line'
import { runCreateBackend } from './run-create-backend.ts'

await runProcess('create-backend', (io) => runCreateBackend(process.argv.slice(2), io))
