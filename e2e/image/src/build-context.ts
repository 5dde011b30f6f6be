import { createHash } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '@ack-secret-manager/chart/root'
import type { ImageParts } from './image-parts.ts'

/** Changes with every file that the build can read. @returns 16 hexadecimal digits */
export async function buildContextHash({ base, build }: ImageParts): Promise<string> {
  const hash = createHash('sha256').update(`${base}\0${build}\0with a layout\0`)
  for (const file of await contextFiles()) {
    hash.update(`${file}\0`).update(
      createHash('sha256')
        .update(await readFile(new URL(file, ROOT)))
        .digest(),
    )
  }
  return hash.digest('hex').slice(0, 16)
}

/** Files that .dockerignore admits, and what decides about the build itself: paths from the root of the repository. */
export async function contextFiles(): Promise<string[]> {
  const cwd = fileURLToPath(ROOT)
  const lines = (await readFile(new URL('.dockerignore', ROOT), 'utf8')).split('\n')
  const rules = lines.filter((line) => line !== '' && line !== '*' && !line.startsWith('#'))
  const admitted = rules
    .filter((rule) => rule.startsWith('!'))
    .flatMap((rule) => [rule.slice(1), `${rule.slice(1)}/**`])
  const exclude = rules.filter((rule) => !rule.startsWith('!'))
  const files = new Set<string>()
  for await (const entry of glob(['Dockerfile', '.dockerignore', ...admitted], { cwd, exclude, withFileTypes: true })) {
    if (entry.isFile()) files.add(path.relative(cwd, path.join(entry.parentPath, entry.name)))
  }
  return [...files].toSorted()
}
