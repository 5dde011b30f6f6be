import { readdirSync, readFileSync } from 'node:fs'

/** Data of a process that every user of the machine or container can see. */
export interface VisibleProcessData {
  /** Arguments and names of it, its children and all their threads. */
  readonly arguments: string
  readonly environment: string
}

/** Reads `/proc` of a process, its threads and its descendants. Linux only. */
export function visibleProcessData(pid: number): VisibleProcessData {
  const threads = [...family(pid)].flatMap((member) => {
    return listed(`/proc/${member}/task`).map((thread) => `/proc/${member}/task/${thread}`)
  })
  const textOf = (file: string): string => threads.map((thread) => read(`${thread}/${file}`)).join('\n')
  return { arguments: `${textOf('cmdline')}\n${textOf('comm')}`, environment: textOf('environ') }
}

function* family(pid: number): Generator<number, void, void> {
  yield pid
  for (const thread of listed(`/proc/${pid}/task`)) {
    const children = read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean)
    for (const child of children) yield* family(Number(child))
  }
}

/** A thread may have exited meanwhile; it counts as empty. */
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
