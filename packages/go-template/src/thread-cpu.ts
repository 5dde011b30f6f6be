import type { Worker } from 'node:worker_threads'

/**
 * CPU time of one thread, in milliseconds; always 0 before Node 22.20, which does not report it. Rejects when the
 * thread has ended.
 */
export async function threadCpuMs(worker: Partial<Pick<Worker, 'cpuUsage'>>): Promise<number> {
  const { user, system } = (await worker.cpuUsage?.()) ?? { user: 0, system: 0 }
  return (user + system) / 1_000
}
