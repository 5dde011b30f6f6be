import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, it } from 'vitest'
import { threadCpuMs } from './thread-cpu.ts'

const worker = new Worker("require('node:worker_threads').parentPort.on('message', () => { for (;;); })", {
  eval: true,
})
afterEach(async () => worker.terminate())

it('counts CPU time of the thread only', async () => {
  await once(worker, 'online')
  const beforeMs = await threadCpuMs(worker)
  const startMs = process.cpuUsage().user / 1_000
  while (process.cpuUsage().user / 1_000 - startMs < 300) work(10)
  expect((await threadCpuMs(worker)) - beforeMs).toBeLessThan(200)
  worker.postMessage('work')
  await expect.poll(async () => threadCpuMs(worker)).toBeGreaterThan(beforeMs + 300)
  await worker.terminate()
  await expect(threadCpuMs(worker)).rejects.toMatchObject({ code: 'ERR_WORKER_NOT_RUNNING' })
  expect(await threadCpuMs({})).toBe(0)
})

/** Calls no function of the system, which would take CPU time of its own. */
function work(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}
