import { setTimeout as pause } from 'node:timers/promises'

// A program that is busy for 700 ms before it is ready and for 200 ms after that, and that waits for 800 ms in one turn.

const PAUSE_MS = 100

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

function work(ms: number): void {
  const endMs = cpuMs() + ms
  while (cpuMs() < endMs);
}

await pause(PAUSE_MS)
work(700)
await pause(PAUSE_MS)
process.stdout.write('healthPort=1\n')
await pause(PAUSE_MS)
work(200)
await pause(PAUSE_MS)
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 800)
await pause(PAUSE_MS)
