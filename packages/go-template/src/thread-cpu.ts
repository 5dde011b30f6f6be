import type { Worker } from 'node:worker_threads'

/**
 * Processor time of one thread, in milliseconds; always 0 where Node does not tell, which is before 22.20. Rejects when the
 * thread has ended.
 */
export async function threadCpuMs(worker: Partial<Pick<Worker, 'cpuUsage'>>): Promise<number> {
  const { user, system } = (await worker.cpuUsage?.()) ?? { user: 0, system: 0 }
  return (user + system) / 1_000
}
