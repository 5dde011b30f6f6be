import { writeFile } from 'node:fs/promises'
import { type Disk, nodeDisk } from '../disk.ts'

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
      ...nodeDisk,
      makeDirectory: change((path: string) => nodeDisk.makeDirectory(path)),
      async writeFile(path, bytes) {
        if (!dies()) return nodeDisk.writeFile(path, bytes)
        if (step === atStep) await writeFile(path, bytes.subarray(0, bytes.length / 2), { flag: 'wx' })
        return crash()
      },
      makeLink: change((path: string, to: string) => nodeDisk.makeLink(path, to)),
      rename: change((path: string, to: string) => nodeDisk.rename(path, to)),
      removeFile: change((path: string) => nodeDisk.removeFile(path)),
      removeDirectory: change((path: string) => nodeDisk.removeDirectory(path)),
      syncDirectory: change((path: string) => nodeDisk.syncDirectory(path)),
    },
  }
}
