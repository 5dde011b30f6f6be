import { readdirSync, readFileSync } from 'node:fs'

/** What everybody on the machine, or in the container, can see of a process. */
export interface ProcessStats {
  /** Arguments and names of it, its children and all their threads. */
  readonly arguments: string
  readonly environment: string
}

/** Reads what `/proc` tells of a process, its threads and, as far down as they go, its children. Linux only. */
export function processStats(pid: number): ProcessStats {
  const threads = [...family(pid)].flatMap((member) => {
    return listed(`/proc/${member}/task`).map((thread) => `/proc/${member}/task/${thread}`)
  })
  const told = (file: string): string => threads.map((thread) => read(`${thread}/${file}`)).join('\n')
  return { arguments: `${told('cmdline')}\n${told('comm')}`, environment: told('environ') }
}

function* family(pid: number): Generator<number, void, void> {
  yield pid
  for (const thread of listed(`/proc/${pid}/task`)) {
    const children = read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean)
    for (const child of children) yield* family(Number(child))
  }
}

/** Threads come and go: one that is gone tells nothing. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function listed(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
