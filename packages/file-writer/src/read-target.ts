import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TargetRef } from '@ack-secret-manager/core'

/** For tests: the files of a target as a workload reads them; undefined without files. */
export async function readTarget(directory: string, target: TargetRef): Promise<Record<string, string> | undefined> {
  const path = join(directory, target.namespace, target.name)
  const names = await readdir(path).catch(() => [])
  const values: [string, string][] = []
  for (const name of names.filter((entry) => !entry.startsWith('..'))) {
    const value = await readFile(join(path, name), 'utf8').catch(() => undefined)
    if (value !== undefined) values.push([name, value])
  }
  return values.length > 0 ? Object.fromEntries(values) : undefined
}
