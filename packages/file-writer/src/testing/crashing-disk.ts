import { writeFile } from 'node:fs/promises'
import { type Disk, nodeDisk } from '../disk.ts'

/** For tests: the file system without flushes, which take most of the time of a test that writes a thousand files. */
export const unflushedDisk: Disk = {
  ...nodeDisk,
  writeFile: (path, bytes) => writeFile(path, bytes, { flag: 'wx', mode: 0o600 }),
  syncDirectory: () => Promise.resolve(),
}

/** For tests: a disk that fails at the given change, as if the process died. A file write at that step is truncated. */
export function crashingDisk(atStep: number): { readonly disk: Disk; readonly crashed: () => boolean } {
  let step = 0
  const dies = (): boolean => ++step >= atStep
  const crash = (): never => {
    throw new Error('crash')
  }
  const change =
    <A extends unknown[]>(work: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      if (dies()) crash()
      await work(...args)
    }
  return {
    crashed: () => step >= atStep,
    disk: {
      ...unflushedDisk,
      makeDirectory: change((path: string) => unflushedDisk.makeDirectory(path)),
      async writeFile(path, bytes) {
        if (!dies()) return unflushedDisk.writeFile(path, bytes)
        if (step === atStep) await writeFile(path, bytes.subarray(0, bytes.length / 2), { flag: 'wx' })
        return crash()
      },
      makeLink: change((path: string, to: string) => unflushedDisk.makeLink(path, to)),
      rename: change((path: string, to: string) => unflushedDisk.rename(path, to)),
      removeFile: change((path: string) => unflushedDisk.removeFile(path)),
      removeDirectory: change((path: string) => unflushedDisk.removeDirectory(path)),
      syncDirectory: change((path: string) => unflushedDisk.syncDirectory(path)),
    },
  }
}
