import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Sensitive } from '@ack-secret-manager/core'
import { type BackendFault, describeBackendContract } from '@ack-secret-manager/testkit'
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { ageFilesConnection } from './age-files-connection.ts'
import { readRegularFile } from './read-regular-file.ts'

const ours = await generateX25519Identity()
const theirs = await generateX25519Identity()

async function encrypted(content: string | Uint8Array, identity: string): Promise<Uint8Array> {
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(identity))
  return encrypter.encrypt(content)
}

describeBackendContract({
  name: 'age-files',
  setUp: async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'age-files-'))
    const faults = new Map<string, BackendFault>()
    let reads = 0
    const fileOf = (name: string): string => path.join(directory, `${name}.age`)
    return {
      canaries: [ours, theirs],
      open: ({ impatient }) =>
        ageFilesConnection({
          directory,
          identity: new Sensitive(ours),
          ...(impatient ? { timeoutMs: 2_000 } : {}),
          readFile: async (file, options) => {
            reads += 1
            const fault = faults.get(file)
            faults.delete(file)
            if (fault === 'garbage') return Buffer.from('age-encryption.org/v2\n')
            if (fault === 'outage') throw Object.assign(new Error('input/output error'), { code: 'EIO' })
            if (fault === 'hang') await new Promise(() => undefined)
            return readRegularFile(file, options)
          },
        }).backend,
      put: async (name, content) =>
        writeFile(fileOf(name), await encrypted('text' in content ? content.text : content.binary, ours)),
      reads: async () => reads,
      deny: async (name) => writeFile(fileOf(name), await encrypted('not for you', theirs)),
      play: async (fault, name) => void faults.set(fileOf(name), fault),
      close: () => rm(directory, { recursive: true }),
    }
  },
  cannot: {
    stages: 'a folder contains only the current version',
    versions: 'a folder contains only the current version',
    strangers: 'a file has no access control; a key that does not decrypt it is AccessDenied',
    throttle: 'a file system does not throttle',
    checkAccess: 'only decryption shows whether a key fits',
  },
})
