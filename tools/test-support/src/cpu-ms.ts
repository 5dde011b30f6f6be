/** CPU time of this thread for `work` in milliseconds, the least of five runs. Unlike elapsed time, other processes do not change it much. */
export function leastCpuMs(work: () => void): number {
  const cpuMs = (): number => {
    const since = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(since)
    return (user + system) / 1000
  }
  return Math.min(...Array.from({ length: 5 }, cpuMs))
}
