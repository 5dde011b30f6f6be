import path from 'node:path'
import {
  type CommandIo,
  type Flags,
  runSingleProgram,
  type SingleProgram,
  UsageError,
} from '@ack-secret-manager/command-line'
import { createBackend, CreateBackendError } from './create-backend.ts'

const PROGRAM = {
  name: 'create-backend',
  description:
    'Creates the folder backend-NAME with a backend package for ack-secret-manager: config, client, plugin, contract test and README. It reads from a small HTTP service; replace the client with your own.',
  examples: [
    ['npm create @ack-secret-manager/backend vault', 'Create backend-vault in the current folder'],
    [
      'npm create @ack-secret-manager/backend vault -- --package @example/backend-vault',
      'The same, with a scope for the npm package',
    ],
  ],
  argument: { name: 'NAME', help: 'Secret manager that it reads from: lower-case words joined by "-".' },
  flags: {
    package: { kind: 'text', value: 'PACKAGE', help: 'Name of the npm package. Default: backend-NAME.' },
  },
} as const satisfies SingleProgram<Flags>

/**
 * Runs the program.
 * @param argv arguments without the program's name
 * @returns the exit code: 0 created, 1 exists or cannot be written, 2 wrong usage
 */
export async function runCreateBackend(
  argv: readonly string[],
  io: Pick<CommandIo, 'stdout' | 'stderr' | 'columns' | 'cwd'>,
): Promise<number> {
  return runSingleProgram(PROGRAM, argv, io, async ({ package: packageName }, name) => {
    try {
      const created = await createBackend({
        name,
        parent: io.cwd,
        ...(packageName === undefined ? {} : { packageName }),
      })
      const folder = path.relative(io.cwd, created.directory)
      io.stdout.write(
        `Created ${folder} with the package ${created.packageName}. Next:\n  cd ${folder}\n  npm install\n  npm test\nCONTRIBUTING.md lists the files to change.\n`,
      )
      return 0
    } catch (error) {
      if (!(error instanceof CreateBackendError)) throw error
      if (error.isUsage) throw new UsageError(error.message)
      io.stderr.write(`${PROGRAM.name}: ${error.message}\n`)
      return 1
    }
  })
}
