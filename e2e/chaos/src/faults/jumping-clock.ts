// Loaded before a replica: SIGUSR2 sets its wall clock ahead (or back) by the number of hours in a file.
// Only `Date` changes: monotonic clocks are not affected when an administrator sets the wall clock.
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
