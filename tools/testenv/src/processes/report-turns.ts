// Loaded before a program: reports how long its event loop was busy without a pause. Processor time of the thread is what counts, so
// that neither SIGSTOP nor other programs on the machine pass for a long turn.
const TICK_MS = 20
const WORTH_A_LINE_MS = 50

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

let atMs = cpuMs()
setInterval(() => {
  const nowMs = cpuMs()
  const turnMs = Math.round(nowMs - atMs)
  atMs = nowMs
  if (turnMs >= WORTH_A_LINE_MS) process.stdout.write(`turn of the event loop: ${turnMs} ms\n`)
}, TICK_MS).unref()
