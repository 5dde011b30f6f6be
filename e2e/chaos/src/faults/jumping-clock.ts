// Loaded before a replica: at SIGUSR2 the clock of its machine is set, as many hours ahead of the true time (or back) as a file says.
// Only `Date` jumps, as only the wall clock does where an administrator sets it; monotonic clocks are not affected.
import { readFileSync } from 'node:fs'

const HOUR_MS = 3_600_000
const TrueDate = Date
let aheadMs = 0

const now = (): number => TrueDate.now() + aheadMs

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [now()] : args, as) as Date,
  get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
})
process.on('SIGUSR2', () => {
  aheadMs = Number(readFileSync(process.env['CHAOS_CLOCK_FILE'] ?? '', 'utf8')) * HOUR_MS
})
