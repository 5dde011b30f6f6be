import { execFileSync } from 'node:child_process'
import { arch, availableParallelism, platform, totalmem } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Machine } from './comparison.ts'

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url))

/** What figures depend on. */
export function thisMachine(): Machine {
  return {
    cpus: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: process.version,
  }
}

/** The commit of this repository, with `-dirty` if there are uncommitted changes outside of the folder `output`. */
export function thisCommit(output: string): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
  const inside = path.relative(ROOT, output)
  const exclude = inside.startsWith('..') ? [] : [`:(exclude)${inside}`]
  const changes = git('status', '--porcelain', '--untracked-files=no', '--', '.', ...exclude)
  return `${git('rev-parse', '--short=8', 'HEAD')}${changes === '' ? '' : '-dirty'}`
}
