import { unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contentDigester } from '@ack-secret-manager/core'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { describeWriterContract } from '@ack-secret-manager/testkit'
import { FileSecretWriter } from './file-secret-writer.ts'
import { readTarget } from './read-target.ts'

const digester = contentDigester()

describeWriterContract({
  name: 'files',
  setUp: async () => {
    const directory = await directoryOfTest()
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
