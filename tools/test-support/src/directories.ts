import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

/** Path of a directory that exists during the tests of the surrounding file or `describe`. Call it before other hooks use the path. */
export function directoryOfTests(): string {
  const directory = path.join(tmpdir(), `acksm-test-${randomUUID()}`)
  beforeAll(async () => {
    await mkdir(directory, { mode: 0o700 })
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** A new directory, deleted after the current test. */
export async function directoryOfTest(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'acksm-test-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}
