import { deflateRawSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { zipEntry } from './zip-entry.ts'

/** An archive of stored or deflated files in the format of APPNOTE 4.3; fields that are not read are zero. */
function zip(files: Readonly<Record<string, string>>, method: 0 | 8): Buffer {
  const local: Buffer[] = []
  const directory: Buffer[] = []
  for (const [name, text] of Object.entries(files)) {
    const bytes = method === 8 ? deflateRawSync(text) : Buffer.from(text)
    const header = Buffer.alloc(30)
    header.writeUInt32LE(0x04034b50)
    header.writeUInt16LE(name.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50)
    entry.writeUInt16LE(method, 10)
    entry.writeUInt32LE(bytes.length, 20)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(Buffer.concat(local).length, 42)
    local.push(header, Buffer.from(name), bytes)
    directory.push(entry, Buffer.from(name))
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(Object.keys(files).length, 10)
  end.writeUInt32LE(Buffer.concat(local).length, 16)
  return Buffer.concat([...local, ...directory, end])
}

const files = { 'a/b': 'one', 'a/bc': 'two'.repeat(1_000), c: '' }

it.each([0, 8] as const)('finds each file, by method %i', (method) => {
  const archive = zip(files, method)
  for (const [name, text] of Object.entries(files)) expect(zipEntry(archive, name).toString()).toBe(text)
})

it.each<[string, Buffer, string, string]>([
  ['a missing file', zip(files, 8), 'a', 'has no a'],
  ['a file that is not an archive', Buffer.from('hello'), 'a', 'no ZIP archive'],
])('refuses %s', (_rule, archive, name, message) => expect(() => zipEntry(archive, name)).toThrow(message))
