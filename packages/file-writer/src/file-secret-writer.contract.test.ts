import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentDigester } from '@ack-secret-manager/core'
import { describeWriterContract } from '@ack-secret-manager/testkit'
import { afterAll } from 'vitest'
import { FileSecretWriter } from './file-secret-writer.ts'
import { readTarget } from './read-target.ts'

const made: string[] = []
afterAll(async () => {
  for (const directory of made) await rm(directory, { recursive: true, force: true })
})

const digester = contentDigester()

describeWriterContract({
  name: 'files',
  setUp: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'file-writer-'))
    made.push(directory)
    const open = (): Promise<FileSecretWriter> => FileSecretWriter.open({ directory, digester })
    return {
      writer: await open(),
      digester,
      namespace: 'team-a',
      owner: async (name) => ({ apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name, uid: '' }),
      read: (written) => readTarget(directory, written),
      edit: async ({ namespace, name }, key, value) => {
        const path = join(directory, namespace, name, key)
        if (value === undefined) await unlink(path)
        else await writeFile(path, value)
      },
      another: open,
    }
  },
  cannot: { count: 'the file system does not count writes' },
})
