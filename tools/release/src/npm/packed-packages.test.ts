import { createHash } from 'node:crypto'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { LIST, packedPackages } from './packed-packages.ts'

it('accepts tarballs only as they were packed', async () => {
  await using directory = await mkdtempDisposable(path.join(tmpdir(), 'acksm-packed-'))
  const at = (name: string): string => path.join(directory.path, name)
  const integrity = `sha512-${createHash('sha512').update('packed').digest('base64')}`
  const list = [{ name: '@ack-secret-manager/core', version: '1.2.3', file: 'core.tgz', integrity }]
  await writeFile(at(LIST), JSON.stringify(list))
  await writeFile(at('core.tgz'), 'packed')
  expect(await packedPackages(directory.path)).toEqual(list)
  await writeFile(at('core.tgz'), 'changed')
  await expect(packedPackages(directory.path)).rejects.toThrow(/^core\.tgz: is not the packed file: sha512-/)
})
