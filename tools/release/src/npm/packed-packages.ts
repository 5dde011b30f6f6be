import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** A packed package in the list that is published. */
export interface PackedPackage {
  readonly name: string
  readonly version: string
  /** Name of its tarball, in the folder of the list. */
  readonly file: string
  /** Of the tarball, as npm writes it: `sha512-…`. */
  readonly integrity: string
}

/** Name of the list in the folder of the tarballs. */
export const LIST = 'packages.json'

/** The packages of a folder in the order in which they are published. @throws Error if a tarball has changed */
export async function packedPackages(folder: string): Promise<readonly PackedPackage[]> {
  const list = JSON.parse(await readFile(path.join(folder, LIST), 'utf8')) as readonly PackedPackage[]
  for (const { file, integrity } of list) {
    const found = `sha512-${createHash('sha512')
      .update(await readFile(path.join(folder, file)))
      .digest('base64')}`
    if (found !== integrity) throw new Error(`${file}: is not the packed file: ${found} instead of ${integrity}`)
  }
  return list
}
