import { defineCommand } from '@ack-secret-manager/command-line'
import { EXEC_FLAGS } from '../../exec/exec-flags.ts'
import { misplacedAssignment } from '../../exec/assignment.ts'

/** `acksm exec` */
export const execCommand = defineCommand({
  name: 'exec',
  summary: 'Run a program with secrets in its environment.',
  description:
    'Reads secrets, then runs the program after `--` with each key as an environment variable. Values are never in arguments, logs or ' +
    'files. Signals are passed on, and the exit code is that of the program. If a secret cannot be read, the program does not start.',
  examples: [
    ['acksm exec -f app.yaml -- node server.js', 'with the keys of all Secrets of the manifests'],
    ['acksm exec -f app.yaml --secret shop --names upper -- env', 'db-password becomes DB_PASSWORD'],
    ['acksm exec --get DB_PASSWORD=app/db#password --get TOKEN=app/token -- ./migrate.sh', 'without a manifest'],
    [
      'acksm exec --all app/db --prefix DB_ --names upper -- ./migrate.sh',
      'each key of a JSON secret: DB_USER, DB_PASSWORD',
    ],
    [
      'acksm exec -f app.yaml --watch restart --polling-interval 30s -- node server.js',
      'restart it when a value changes',
    ],
    ['acksm exec -f app.yaml --files auto --watch signal=HUP -- nginx', 'files in memory, and SIGHUP when they change'],
  ],
  rest: {
    name: 'COMMAND',
    help: 'The program, searched in PATH, and its arguments, which it gets unchanged.',
    misplaced: misplacedAssignment,
  },
  flags: EXEC_FLAGS,
  note:
    'Exit codes: that of the program, or 128 + the number of the signal that ended it; 1 a secret cannot be read, 2 invalid usage or input, ' +
    '126 the program cannot be executed, 127 it does not exist, 130 interrupted before its start.',
  load: async () => (await import('../../exec/run-exec.ts')).runExec,
})
