import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
}

/** A file of the pages. */
export interface PageFile {
  readonly type: string
  readonly content: Uint8Array<ArrayBuffer>
}

/**
 * Reads the built pages into memory, by their relative path. No request reaches the file system.
 * @returns undefined if they are not built
 */
export async function readPageFiles(directory: string): Promise<ReadonlyMap<string, PageFile> | undefined> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const file = path.join(entry.parentPath, entry.name)
        const type = TYPES[path.extname(entry.name)]
        if (type === undefined) return []
        const name = path.relative(directory, file).split(path.sep).join('/')
        return [[name, { type, content: new Uint8Array(await readFile(file)) }] as const]
      }),
  )
  const found = new Map(files.flat())
  return found.has('index.html') ? found : undefined
}
