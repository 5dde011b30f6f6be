import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ACKSM, Program } from '@ack-secret-manager/testenv'

/**
 * Runs `acksm migrate` on files of manifests, in a new folder of `directory`.
 * @returns the folder with the results
 * @throws Error unless it exits with 0, or with 1 because some objects cannot be migrated
 */
export async function migrate(
  directory: string,
  files: Readonly<Record<string, string>>,
  ...flags: string[]
): Promise<string> {
  const folder = await mkdtemp(path.join(directory, 'migrate-'))
  const [from, to] = [path.join(folder, 'old'), path.join(folder, 'new')]
  await mkdir(from)
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(from, name), text)
  const acksm = Program.start({
    name: 'acksm',
    script: ACKSM.currentScript,
    args: ['migrate', '-f', from, '--out', to, ...flags],
  })
  const code = await acksm.exited
  if (code !== 0 && code !== 1) throw new Error(`acksm migrate exits with ${code}: ${acksm.lines.join('\n')}`)
  return to
}
