import { readFile } from 'node:fs/promises'

/** CPU time that a process has used, and the most memory that it ever had. */
export interface ProcessUsage {
  readonly cpuSeconds: number
  readonly peakRssMiB: number
  readonly rssMiB: number
}

/** `sysconf(_SC_CLK_TCK)`, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** CPU seconds from `/proc/PID/stat`: fields 14 and 15, utime and stime (proc(5)). */
export function cpuSecondsOf(stat: string): number {
  // The second field is the name in parentheses, which may hold anything: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** A value of `/proc/PID/status` that is given in kB, in MiB. */
export function mebibytesOf(status: string, field: string): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  return Number(kibibytes) / 1024
}

/** Asks the kernel. @throws the system's error when there is no such process, or no Linux */
export async function usageOf(pid: number): Promise<ProcessUsage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ])
  return {
    cpuSeconds: cpuSecondsOf(stat),
    peakRssMiB: mebibytesOf(status, 'VmHWM'),
    rssMiB: mebibytesOf(status, 'VmRSS'),
  }
}

/** CPU seconds of several processes together. */
export async function cpuSecondsOfAll(pids: readonly number[]): Promise<number> {
  const usages = await Promise.all(pids.map((pid) => usageOf(pid)))
  return usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
}
