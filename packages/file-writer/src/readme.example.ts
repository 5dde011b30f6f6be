import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentDigester, type OwnerRecord, Sensitive } from '@ack-secret-manager/core'
import { FileSecretWriter } from '@ack-secret-manager/file-writer'

const directory = await mkdtemp(join(tmpdir(), 'secrets-'))
const digester = contentDigester()
await using writer = await FileSecretWriter.open({ directory, digester })

const target = { namespace: 'shop', name: 'db' }
const owner = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name: 'db', uid: '' }
const { signal } = new AbortController()

// The content of the target, and the record of its source.
const valueOf = (password: string) => new Map([['password', new Sensitive<Uint8Array>(Buffer.from(password))]])
const recordOf = (versionId: string, password: string): OwnerRecord => ({
  keys: new Map([
    ['password', { secret: 'shop/db', versionId, digest: digester.digest(target, 'password', Buffer.from(password)) }],
  ]),
  digestKeyId: digester.keyId,
  creation: 'owner',
  deletion: 'delete',
})

const first = recordOf('v1', 'correct horse')
const set = valueOf('correct horse')
const created = await writer.apply({ kind: 'create', target, owner, type: 'Opaque', set, record: first }, { signal })
console.log(await readFile(join(directory, 'shop/db/password'), 'utf8'))

// A rotation: all files of the target change in one step, if the target has not changed since then.
if (created) {
  const { uid: ifUid, resourceVersion: ifResourceVersion } = created
  const changes = { set: valueOf('battery staple'), remove: [], record: recordOf('v2', 'battery staple') }
  await writer.apply({ kind: 'patch', target, owner, type: 'Opaque', ...changes, ifUid, ifResourceVersion }, { signal })
}
console.log(await readFile(join(directory, 'shop/db/password'), 'utf8'))
console.log(writer.ownedBy('shop', 'db')[0]?.records.get('db')?.keys.get('password')?.versionId)
await rm(directory, { recursive: true })
